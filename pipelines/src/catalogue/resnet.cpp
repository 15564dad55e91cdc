// Residual networks: stem, kind and number of blocks, groups follow from the name.
#include <fmt/format.h>

#include "families.hpp"
#include "fovea/models/resnet.hpp"
#include "fovea/models/resnet_mini.hpp"

namespace fovea {

namespace {

Network resnet(const std::string& name, const std::string& summary, const ResNetOptions& options, std::int64_t image_size = 224) {
  OptionFields<ResNetOptions> fields = {
      {"channels", &ResNetOptions::channels}, {"classes", &ResNetOptions::classes}, {"widths", &ResNetOptions::widths}};
  if (options.stem == ResNetOptions::Stem::large) fields.push_back({"output_stride", &ResNetOptions::output_stride});
  return network<ResNet, ResNetOptions>({name, summary, image_size}, fields, options);
}

}  // namespace

std::vector<Network> resnet_networks() {
  std::vector<Network> all;
  all.push_back(network<ResNetMini, ResNetMiniOptions>({"resnet-mini", "small residual network for small images", 32},
                                                       {{"channels", &ResNetMiniOptions::channels},
                                                        {"classes", &ResNetMiniOptions::classes},
                                                        {"widths", &ResNetMiniOptions::widths},
                                                        {"blocks", &ResNetMiniOptions::blocks}}));
  all.push_back(resnet("resnet18-cifar", "ResNet-18 for images of about 32x32", resnet18_cifar_options(), 32));
  for (const int depth : {18, 34, 50, 101, 152})
    all.push_back(resnet(fmt::format("resnet{}", depth), fmt::format("ResNet-{} for photographs", depth), resnet_options(depth)));
  all.push_back(resnet("resnext50-32x4d", "ResNeXt-50 with 32 groups of 4 filters", resnext_options(50, 32, 4)));
  all.push_back(resnet("resnext101-32x8d", "ResNeXt-101 with 32 groups of 8 filters", resnext_options(101, 32, 8)));
  all.push_back(resnet("resnext101-64x4d", "ResNeXt-101 with 64 groups of 4 filters", resnext_options(101, 64, 4)));
  all.push_back(resnet("wide-resnet50-2", "ResNet-50 with twice as many 3x3 filters", wide_resnet_options(50)));
  all.push_back(resnet("wide-resnet101-2", "ResNet-101 with twice as many 3x3 filters", wide_resnet_options(101)));
  all.push_back(resnet("se-resnet50", "ResNet-50 with squeeze and excitation", se_resnet_options(50)));
  return all;
}

}  // namespace fovea
