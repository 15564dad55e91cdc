// The matrix product behind the forward and data passes: rows of the left matrix are gathered from an image, tap by tap, without a
// copy of the image; the right matrix is packed into panels. A plain product is the case of one tap.
#pragma once

#include "cpu/image_view.hpp"
#include "cpu/matrix_kernels.hpp"
#include "simd.hpp"

namespace fovea::kernels::FOVEA_ISA_NAMESPACE {

/// Columns of a packed panel. Panels are [taps][panel_rows(length)][kPanelWidth] words, one after the other, the last one filled up with
/// zeros. A word is an f32, or a pair of bf16 that lie below one another in the matrix, the first in its low half.
inline constexpr std::int64_t kPanelWidth = kMicroVecs * kLanes;

template <class T>
struct PanelWordOf {
  using Type = float;
};
template <>
struct PanelWordOf<bf16> {
  using Type = std::uint32_t;
};
template <class T>
using PanelWord = typename PanelWordOf<T>::Type;

/// Rows of words that hold `length` values below one another.
template <class T>
constexpr std::int64_t panel_rows(std::int64_t length) {
  return ceil_div(length, static_cast<std::int64_t>(sizeof(PanelWord<T>) / sizeof(T)));
}

/// y(n,i,j)[o] = epilogue(sum over taps t and l < length of x(n, i and j through t)[l] * panels[t][l][o]); sources outside the image are
/// zero. Every sum runs in the order (tap row, tap column, l), however the work is cut.
template <class T, class Out = T>
struct GatherProduct {
  ImageView<T> x;
  TapAxis vertical, horizontal;
  std::int64_t length;                          ///< values read per tap
  const T* zeros;                               ///< `length` zeros, may be null when no tap leaves the image
  std::int64_t images, height, width, columns;  ///< extents of y
  const PanelWord<T>* panels;
  Epilogue<Out> epilogue;
  Out* y;
  std::int64_t y_image_stride, y_row_stride, y_pixel_stride;
};

void gather_product(const Threads&, const GatherProduct<float>&);
void gather_product(const Threads&, const GatherProduct<bf16>&);
void gather_product(const Threads&, const GatherProduct<bf16, float>&);

/// y [rows, columns] = a [rows, length] * panels: what one task does to two matrices in its cache.
struct PanelProduct {
  const float* a;
  std::int64_t a_stride, rows, length;
  const float* panels;
  std::int64_t columns;
  float* y;
  std::int64_t y_stride;
};

void panel_product(const PanelProduct&);

/// Words of all panels for a right matrix of `rows` rows of words.
constexpr std::int64_t panels_size(std::int64_t rows, std::int64_t columns) { return rows * round_up(columns, kPanelWidth); }

/// Writes the rows of one panel from `count` <= kPanelWidth columns of a matrix stored [depth, columns] with `stride` between rows.
void pack_panel(const float* matrix, std::int64_t stride, std::int64_t depth, std::int64_t count, float* panel);
void pack_panel(const float* matrix, std::int64_t stride, std::int64_t depth, std::int64_t count, std::uint32_t* panel);
void pack_panel(const bf16* matrix, std::int64_t stride, std::int64_t depth, std::int64_t count, std::uint32_t* panel);
/// The same from a matrix stored transposed, [columns, depth] with `stride` between columns.
void pack_panel_transposed(const float* matrix, std::int64_t stride, std::int64_t depth, std::int64_t count, float* panel);
void pack_panel_transposed(const float* matrix, std::int64_t stride, std::int64_t depth, std::int64_t count, std::uint32_t* panel);
void pack_panel_transposed(const bf16* matrix, std::int64_t stride, std::int64_t depth, std::int64_t count, std::uint32_t* panel);

}  // namespace fovea::kernels::FOVEA_ISA_NAMESPACE
