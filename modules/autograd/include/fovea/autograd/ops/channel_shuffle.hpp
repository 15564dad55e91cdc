// Channels of different groups mixed, so that grouped convolutions hear of each other.
#pragma once

#include "fovea/autograd/variable.hpp"

namespace fovea {

/// x [..., C] -> [..., C]: channel i * groups + g of the result is channel g * (C / groups) + i of x (Zhang et al. 2018, "ShuffleNet",
/// section 3.1). Throws ShapeError "[channel_shuffle] ..." unless `groups` divides C.
Variable channel_shuffle(const Variable& x, std::int64_t groups);

}  // namespace fovea
