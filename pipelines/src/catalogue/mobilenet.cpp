// Networks for small machines: MobileNets, ShuffleNets, EfficientNet.
#include <fmt/format.h>

#include "families.hpp"
#include "fovea/models/efficientnet.hpp"
#include "fovea/models/mobilenet_v1.hpp"
#include "fovea/models/mobilenet_v2.hpp"
#include "fovea/models/mobilenet_v3.hpp"
#include "fovea/models/shufflenet_v2.hpp"

namespace fovea {

std::vector<Network> mobilenet_networks() {
  using V1 = MobileNetV1Options;
  using V2 = MobileNetV2Options;
  using V3 = MobileNetV3Options;
  std::vector<Network> all;
  all.push_back(
      network<MobileNetV1, V1>({"mobilenet-v1", "MobileNet V1", 224},
                               {{"channels", &V1::channels}, {"classes", &V1::classes}, {"width_multiplier", &V1::width_multiplier}}));
  all.push_back(network<MobileNetV2, V2>(
      {"mobilenet-v2", "MobileNet V2", 224},
      {{"channels", &V2::channels}, {"classes", &V2::classes}, {"width_multiplier", &V2::width_multiplier}, {"dropout", &V2::dropout}}));
  for (const bool large : {true, false})
    all.push_back(network<MobileNetV3, V3>(
        {large ? "mobilenet-v3-large" : "mobilenet-v3-small", large ? "MobileNet V3, large" : "MobileNet V3, small", 224},
        {{"channels", &V3::channels}, {"classes", &V3::classes}, {"width_multiplier", &V3::width_multiplier}, {"dropout", &V3::dropout}},
        {.size = large ? V3::Size::large : V3::Size::small}));
  using Shuffle = ShuffleNetV2Options;
  for (const int tenths : {5, 10, 15, 20})
    all.push_back(network<ShuffleNetV2, Shuffle>({fmt::format("shufflenet-v2-x{}-{}", tenths / 10, tenths % 10),
                                                  fmt::format("ShuffleNet V2 of width {}.{}", tenths / 10, tenths % 10), 224},
                                                 {{"channels", &Shuffle::channels}, {"classes", &Shuffle::classes}},
                                                 shufflenet_v2_options(tenths / 10.0)));
  using Efficient = EfficientNetOptions;
  all.push_back(network<EfficientNet, Efficient>({"efficientnet-b0", "EfficientNet-B0", 224}, {{"channels", &Efficient::channels},
                                                                                               {"classes", &Efficient::classes},
                                                                                               {"dropout", &Efficient::dropout},
                                                                                               {"drop", &Efficient::drop}}));
  return all;
}

}  // namespace fovea
