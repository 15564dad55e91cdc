#include "fovea/models/resnet_mini.hpp"

namespace fovea {

ResNetMini::ResNetMini(const ResNetMiniOptions& o)
    : ResNet({.channels = o.channels,
              .classes = o.classes,
              .stem = ResNetOptions::Stem::small,
              .block = ResNetOptions::Block::basic,
              .blocks = std::vector<std::int64_t>(o.widths.size(), o.blocks),
              .widths = o.widths}) {}

}  // namespace fovea
