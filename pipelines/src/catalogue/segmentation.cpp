// Networks that give a class for every pixel.
#include "families.hpp"
#include "fovea/models/unet.hpp"

namespace fovea {

std::vector<Network> segmentation_networks() {
  return {network<UNet, UNetOptions>(
      {"unet", "U-Net with batch norm: a class for every pixel", 256, NetworkTask::segment},
      {{"channels", &UNetOptions::channels}, {"classes", &UNetOptions::classes}, {"widths", &UNetOptions::widths}})};
}

}  // namespace fovea
