// MobileNets.
#include "families.hpp"
#include "fovea/models/mobilenet_v1.hpp"

namespace fovea {

std::vector<Network> mobilenet_networks() {
  using V1 = MobileNetV1Options;
  return {network<MobileNetV1, V1>({"mobilenet-v1", "MobileNet V1", 224},
                                   {{"channels", &V1::channels}, {"classes", &V1::classes}, {"width_multiplier", &V1::width_multiplier}})};
}

}  // namespace fovea
