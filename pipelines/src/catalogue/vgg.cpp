// VGG: depth and norms follow from the name.
#include <fmt/format.h>

#include "families.hpp"
#include "fovea/models/vgg.hpp"

namespace fovea {

std::vector<Network> vgg_networks() {
  std::vector<Network> all;
  for (const int depth : {11, 13, 16, 19})
    for (const bool batch_norm : {false, true})
      all.push_back(network<Vgg, VggOptions>({fmt::format("vgg{}{}", depth, batch_norm ? "-bn" : ""),
                                              fmt::format("VGG-{}{} for photographs", depth, batch_norm ? " with batch norm" : ""), 224},
                                             {{"channels", &VggOptions::channels},
                                              {"classes", &VggOptions::classes},
                                              {"widths", &VggOptions::widths},
                                              {"hidden", &VggOptions::hidden},
                                              {"dropout", &VggOptions::dropout},
                                              {"pooled_maps", &VggOptions::pooled_maps}},
                                             vgg_options(depth, batch_norm)));
  return all;
}

}  // namespace fovea
