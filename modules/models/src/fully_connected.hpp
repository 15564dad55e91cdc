// The end of AlexNet, ZFNet and VGG.
#pragma once

#include "fovea/nn/sequential.hpp"

namespace fovea {

/// Three fully connected layers on a flattened image of side x side x channels, with ReLU and dropout between them: children 0, 3 and 6.
void append_fully_connected(Sequential& classifier, std::int64_t side, std::int64_t channels, std::int64_t hidden, double dropout,
                            std::int64_t classes);

}  // namespace fovea
