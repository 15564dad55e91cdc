// Maximum over windows of uneven size, so that images shrink by a fraction.
#pragma once

#include <cstdint>
#include <vector>

#include "fovea/autograd/ops/window.hpp"
#include "fovea/autograd/variable.hpp"
#include "fovea/base/random.hpp"

namespace fovea {

/// How the steps between boundaries are drawn (Graham 2014, "Fractional max-pooling", section 2).
enum class FractionalSteps {
  random,         ///< the long and the short steps in random order
  pseudo_random,  ///< those of floor((i + u) input / output) for one random u in [0, 1)
};

/// Boundaries 0 = a_0 < a_1 < ... < a_output = input whose steps are floor(input / output) and one more. Throws ShapeError
/// "[fractional_max_pool2d] ..." unless 1 <= output <= input.
std::vector<std::int64_t> fractional_boundaries(std::int64_t input, std::int64_t output, FractionalSteps steps, RandomStream& stream);

/// x [N,H,W,C] -> [N,P,Q,C]: window (i,j) covers the rows rows[i] .. rows[i + 1] - 1 (the last included too when `overlapping`, as far as
/// there is one) and the columns likewise. `rows` are P + 1 ascending boundaries from 0 to H, `columns` from 0 to W. The gradient goes to
/// the first maximum in scan order. Throws ShapeError for other boundaries.
Variable fractional_max_pool2d(const Variable& x, const std::vector<std::int64_t>& rows, const std::vector<std::int64_t>& columns,
                               bool overlapping = false);

struct FractionalMaxPool2dGeometry {
  Extent2 window = 2;                 ///< cells of every window
  Extent2 output = 1;                 ///< P x Q, with P + window.height - 1 <= H
  double sample_h = 0, sample_w = 0;  ///< in [0, 1): where between two steps the windows begin
};

/// torch's form, with windows of one size: window i begins at row floor((i + sample_h) a) - floor(sample_h a), a = (H - window.height) / (P
/// - 1), the last at H - window.height. The samples are the same for all images and channels.
Variable fractional_max_pool2d(const Variable& x, const FractionalMaxPool2dGeometry& geometry);

}  // namespace fovea
