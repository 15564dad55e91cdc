// The matrix product behind the filter pass and a^T b: sums over pixels, both matrices read where they lie.
#pragma once

#include "cpu/image_view.hpp"
#include "cpu/isa_kernels.hpp"

namespace fovea::kernels::FOVEA_ISA_NAMESPACE {

/// y[i][t][j] = sum over the pixels p of `target` of a(p)[i] * b(p)[j], where one operand is read at the target pixel and the other at
/// the source pixel that tap t leads to; pixels whose source is outside the image are left out.
/// The sum is cut into pieces that depend on the extents alone, each with its own partial result; the pieces are added in order.
struct OuterProduct {
  ImageView source, target;
  std::int64_t images;
  TapAxis vertical, horizontal;
  bool rows_from_source;  ///< rows of y are channels of the source and its columns those of the target, or the other way round
  std::int64_t rows, columns;
  float* y;
  std::int64_t row_stride, tap_stride;  ///< of y; its columns are dense
};

/// Floats of scratch.
std::int64_t outer_product_workspace(const OuterProduct&);
void outer_product(const Threads&, const OuterProduct&, float* workspace);

}  // namespace fovea::kernels::FOVEA_ISA_NAMESPACE
