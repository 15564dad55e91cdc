// DenseNet: the blocks follow from the name.
#include <fmt/format.h>

#include "families.hpp"
#include "fovea/models/densenet.hpp"

namespace fovea {

std::vector<Network> densenet_networks() {
  using Options = DenseNetOptions;
  std::vector<Network> all;
  for (const int depth : {121, 161, 169, 201})
    all.push_back(network<DenseNet, Options>({fmt::format("densenet{}", depth), fmt::format("DenseNet-{} for photographs", depth), 224},
                                             {{"channels", &Options::channels},
                                              {"classes", &Options::classes},
                                              {"growth", &Options::growth},
                                              {"stem", &Options::stem},
                                              {"dropout", &Options::dropout}},
                                             densenet_options(depth)));
  return all;
}

}  // namespace fovea
