// GoogLeNet.
#include "fovea/models/googlenet.hpp"
#include "families.hpp"

namespace fovea {

std::vector<Network> googlenet_networks() {
  using Options = GoogLeNetOptions;
  return {network<GoogLeNet, Options>({"googlenet", "GoogLeNet (Inception) with batch norm", 224},
                                      {{"channels", &Options::channels},
                                       {"classes", &Options::classes},
                                       {"auxiliary", &Options::auxiliary},
                                       {"dropout", &Options::dropout},
                                       {"auxiliary_dropout", &Options::auxiliary_dropout}})};
}

}  // namespace fovea
