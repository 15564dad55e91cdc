// Panels of bf16 pairs, the right matrices of gathered products.
#include "cpu/gather_product.hpp"
#include "cpu/pairs.hpp"

namespace fovea::kernels::FOVEA_ISA_NAMESPACE {

namespace {

/// The pairs of `depth` rows, row(l, column, count) each.
template <class Row>
void pack_pairs(std::int64_t depth, std::int64_t count, std::uint32_t* panel, Row row) {
  for (std::int64_t l = 0; l < depth; l += 2, panel += kPanelWidth)
    for (int v = 0; v < kMicroVecs; ++v) {
      const std::int64_t valid = clamped(count - v * kLanes, 0, kLanes), column = valid > 0 ? v * kLanes : 0;
      store_words(panel + v * kLanes, rounded_pairs_of(row(l, column, valid), l + 1 < depth ? row(l + 1, column, valid) : zero()));
    }
}

std::uint32_t bits_of(bf16 value) { return value.bits; }
std::uint32_t bits_of(float value) { return rounded_to_bf16(broadcast(value))[0]; }

/// Columns that lie in memory one behind the other.
template <class T>
void pack_columns(const T* matrix, std::int64_t stride, std::int64_t depth, std::int64_t count, std::uint32_t* panel) {
  constexpr std::int64_t kRun = 32;  // a cache line or two of every column at a time
  for (std::int64_t begin = 0; begin < depth; begin += kRun) {
    const std::int64_t end = minimum(depth, begin + kRun);
    for (std::int64_t column = 0; column < kPanelWidth; ++column)
      for (std::int64_t l = begin; l < end; l += 2) {
        const T* values = matrix + (column < count ? column * stride + l : 0);
        const std::uint32_t low = column < count ? bits_of(values[0]) : 0, high = column < count && l + 1 < depth ? bits_of(values[1]) : 0;
        panel[l / 2 * kPanelWidth + column] = low | high << 16;
      }
  }
}

}  // namespace

void pack_panel(const float* matrix, std::int64_t stride, std::int64_t depth, std::int64_t count, std::uint32_t* panel) {
  pack_pairs(depth, count, panel,
             [&](std::int64_t l, std::int64_t column, std::int64_t valid) { return load_lanes(matrix + l * stride + column, valid); });
}
void pack_panel(const bf16* matrix, std::int64_t stride, std::int64_t depth, std::int64_t count, std::uint32_t* panel) {
  pack_pairs(depth, count, panel,
             [&](std::int64_t l, std::int64_t column, std::int64_t valid) { return load_lanes(matrix + l * stride + column, valid); });
}

void pack_panel_transposed(const float* matrix, std::int64_t stride, std::int64_t depth, std::int64_t count, std::uint32_t* panel) {
  pack_columns(matrix, stride, depth, count, panel);
}
void pack_panel_transposed(const bf16* matrix, std::int64_t stride, std::int64_t depth, std::int64_t count, std::uint32_t* panel) {
  pack_columns(matrix, stride, depth, count, panel);
}

}  // namespace fovea::kernels::FOVEA_ISA_NAMESPACE
