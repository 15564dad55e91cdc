// Vision transformers: features and heads follow from the name, and the patch unless it is set: small images want patches of 4 pixels.
#include "fovea/models/vit.hpp"
#include "families.hpp"

namespace fovea {

namespace {

Network vit(const char* name, const char* summary, std::int64_t features, std::int64_t heads) {
  return network<Vit, VitOptions>({name, summary, 224},
                                  {{"height", &VitOptions::height},
                                   {"width", &VitOptions::width},
                                   {"channels", &VitOptions::channels},
                                   {"classes", &VitOptions::classes},
                                   {"patch", &VitOptions::patch},
                                   {"layers", &VitOptions::layers},
                                   {"dropout", &VitOptions::dropout}},
                                  {.features = features, .heads = heads});
}

}  // namespace

std::vector<Network> vit_networks() {
  return {vit("vit-ti-16", "vision transformer ViT-Ti/16", 192, 3), vit("vit-s-16", "vision transformer ViT-S/16", 384, 6),
          vit("vit-b-16", "vision transformer ViT-B/16", 768, 12)};
}

}  // namespace fovea
