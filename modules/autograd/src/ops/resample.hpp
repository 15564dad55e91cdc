// Lists of what each row and column of an image takes from another's: what resizing, padding and unpooling are made of.
#pragma once

#include <cstdint>
#include <vector>

#include "fovea/tensor/tensor.hpp"

namespace fovea {

/// One axis: place i takes weights[k] of the input's place indices[k] for k in [begins[i], begins[i + 1]).
struct AxisTaps {
  std::int64_t input = 0;  ///< extent of the input's axis
  std::vector<std::int64_t> begins{0};
  std::vector<std::int32_t> indices;
  std::vector<double> weights;

  std::int64_t places() const { return static_cast<std::int64_t>(begins.size()) - 1; }
  void add(std::int64_t index, double weight = 1) {
    indices.push_back(static_cast<std::int32_t>(index));
    weights.push_back(weight);
  }
  /// Ends the list of the next place.
  void end_place() { begins.push_back(static_cast<std::int64_t>(indices.size())); }
  /// What each place of the input gives to: the lists of the gradient.
  AxisTaps transposed() const;
};

/// x [N,H,W,C] -> [N,P,Q,C] for `rows` of P places over H and `columns` of Q places over W. f32, f64 or bf16.
Tensor resample(const char* op, const Tensor& x, const AxisTaps& rows, const AxisTaps& columns);

/// Images whose extents the lists can name. Throws ShapeError "[op] ...".
void check_images_to_resample(const char* op, const TensorSpec& x);
/// An extent of a result is in [lowest, 2^30].
void check_resampled_extent(const char* op, std::int64_t extent, std::int64_t lowest, const Shape& x);

}  // namespace fovea
