// The backbones of YOLO.
#include "fovea/models/darknet.hpp"
#include "families.hpp"

namespace fovea {

std::vector<Network> darknet_networks() {
  const OptionFields<DarknetOptions> fields = {{"channels", &DarknetOptions::channels}, {"classes", &DarknetOptions::classes}};
  return {network<Darknet19, DarknetOptions>({"darknet19", "Darknet-19, the backbone of YOLO9000", 224}, fields),
          network<Darknet53, DarknetOptions>({"darknet53", "Darknet-53, the backbone of YOLOv3", 256}, fields)};
}

}  // namespace fovea
