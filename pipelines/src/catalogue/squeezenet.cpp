// SqueezeNet: the version follows from the name.
#include "fovea/models/squeezenet.hpp"
#include "families.hpp"

namespace fovea {

std::vector<Network> squeezenet_networks() {
  using Options = SqueezeNetOptions;
  const OptionFields<Options> fields = {{"channels", &Options::channels}, {"classes", &Options::classes}, {"dropout", &Options::dropout}};
  return {network<SqueezeNet, Options>({"squeezenet1-0", "SqueezeNet 1.0", 224}, fields, {.version = Options::Version::v1_0}),
          network<SqueezeNet, Options>({"squeezenet1-1", "SqueezeNet 1.1: 2.4 times less work", 224}, fields,
                                       {.version = Options::Version::v1_1})};
}

}  // namespace fovea
