// AlexNet and its kin.
#include "fovea/models/alexnet.hpp"
#include "families.hpp"

namespace fovea {

std::vector<Network> alexnet_networks() {
  using Options = AlexNetOptions;
  return {network<AlexNet, Options>({"alexnet", "AlexNet in one stream, for photographs", 224}, {{"channels", &Options::channels},
                                                                                                 {"classes", &Options::classes},
                                                                                                 {"widths", &Options::widths},
                                                                                                 {"hidden", &Options::hidden},
                                                                                                 {"dropout", &Options::dropout}})};
}

}  // namespace fovea
