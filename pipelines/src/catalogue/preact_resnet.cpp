// Residual networks with norm and ReLU before the convolutions: stem, kind and number of blocks follow from the name.
#include <fmt/format.h>

#include "families.hpp"
#include "fovea/models/preact_resnet.hpp"

namespace fovea {

namespace {

Network preact(const std::string& name, const std::string& summary, std::int64_t image_size, const PreactResNetOptions& defaults) {
  using Options = PreactResNetOptions;
  return network<PreactResNet, Options>({name, summary, image_size},
                                        {{"channels", &Options::channels},
                                         {"classes", &Options::classes},
                                         {"stem_width", &Options::stem_width},
                                         {"widths", &Options::widths},
                                         {"dropout", &Options::dropout}},
                                        defaults);
}

}  // namespace

std::vector<Network> preact_resnet_networks() {
  std::vector<Network> all;
  for (const int depth : {18, 34, 50, 101, 152, 200})
    all.push_back(preact(fmt::format("preact-resnet{}", depth), fmt::format("pre-activation ResNet-{} for photographs", depth), 224,
                         preact_resnet_options(depth)));
  all.push_back(
      preact("preact-resnet164-cifar", "pre-activation ResNet-164 for images of about 32x32", 32, preact_resnet_cifar_options(164)));
  all.push_back(preact("wide-resnet16-4-cifar", "wide ResNet-16-4 for images of about 32x32", 32, wide_resnet_cifar_options(16, 4)));
  all.push_back(preact("wide-resnet28-10-cifar", "wide ResNet-28-10 for images of about 32x32", 32, wide_resnet_cifar_options(28, 10)));
  return all;
}

}  // namespace fovea
