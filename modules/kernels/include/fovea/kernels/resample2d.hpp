// Images whose pixels are weighted sums of another image's pixels, row and column apart: resizing, padding, unpooling, and their gradients.
#pragma once

#include <cstdint>

#include "fovea/kernels/weight.hpp"

namespace fovea::kernels {

class Context;

/// What each output place along one axis takes: weights[k] of the input's place indices[k], for k in [begins[i], begins[i + 1]). A place
/// may take nothing, which gives zero, and may name an input place twice.
template <class Weight>
struct ResampleAxis {
  const std::int64_t* begins;  ///< [places + 1]
  const std::int32_t* indices;
  const Weight* weights;
};

/// x [n,h,w,c], pixels x_pitch apart; y [n,p,q,c], pixels y_pitch apart.
struct Resample2dShape {
  std::int64_t n, h, w, c;
  std::int64_t p, q;
  std::int64_t x_pitch, y_pitch;
};

template <class T>
struct Resample2dKernels {
  /// y[n,i,j] = sum over what i takes of weight * (sum over what j takes of weight * x[n,row,column]), in the order of the lists. The
  /// gradient is the same call with both lists turned round. The same bits for an image alone or in a batch.
  void (*apply)(Context&, const Resample2dShape&, const ResampleAxis<WeightOf<T>>& rows, const ResampleAxis<WeightOf<T>>& columns,
                const T* x, T* y);
};

}  // namespace fovea::kernels
