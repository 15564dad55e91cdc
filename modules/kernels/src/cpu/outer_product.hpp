// The matrix product behind the filter pass and a^T b: sums over pixels, both matrices read where they lie.
#pragma once

#include "cpu/image_view.hpp"
#include "cpu/matrix_kernels.hpp"

namespace fovea::kernels::FOVEA_ISA_NAMESPACE {

/// y[i][t][j] = sum over the pixels p of `target` of a(p)[i] * b(p)[j], where one operand is read at the target pixel and the other at
/// the source pixel that tap t leads to; pixels whose source is outside the image are left out.
/// The sum is cut into pieces that depend on the extents alone, each with its own partial result; the pieces are added in order.
template <class T>
struct OuterProduct {
  ImageView<T> source, target;
  std::int64_t images;
  TapAxis vertical, horizontal;
  bool rows_from_source;  ///< rows of y are channels of the source and its columns those of the target, or the other way round
  std::int64_t rows, columns;
  float* y;
  std::int64_t row_stride, tap_stride;  ///< of y; its columns are dense
};

/// y [rows, columns] = a^T b, or y + a^T b, for a [count, rows] and b [count, columns]: what one task does to two matrices in its cache.
struct ColumnProduct {
  const float* a;
  const float* b;
  std::int64_t a_stride, b_stride, count, rows, columns;
  float* y;
  std::int64_t y_stride;
  bool resume;  ///< add to what y holds
};

void column_product(const ColumnProduct&);

/// Words of scratch.
std::int64_t outer_product_workspace(const Threads&, const OuterProduct<float>&);
std::int64_t outer_product_workspace(const Threads&, const OuterProduct<bf16>&);
void outer_product(const Threads&, const OuterProduct<float>&, float* workspace);
void outer_product(const Threads&, const OuterProduct<bf16>&, float* workspace);

}  // namespace fovea::kernels::FOVEA_ISA_NAMESPACE
