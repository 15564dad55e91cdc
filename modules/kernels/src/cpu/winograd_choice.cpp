// When Winograd's tiles are worth it.
#include "cpu/winograd.hpp"
#include "cpu/winograd_tiles.hpp"
#include "simd.hpp"

namespace fovea::kernels::FOVEA_ISA_NAMESPACE {

namespace {

/// Costs in units of one vector multiply-add. Transforming a vector through a tile takes 36 loads and stores and some 150 operations.
/// Filters are read from memory once per group of tiles: what a vector from memory costs, in multiply-adds that could be done meanwhile.
constexpr double kTransformCost = 180, kStreamCost = 20;
/// Below these channels vectors and register tiles are not filled.
constexpr std::int64_t kMinChannels = 16;

bool can_use_winograd(const Conv2dShape& s) {
  return s.r == 3 && s.s == 3 && s.stride_h == 1 && s.stride_w == 1 && s.dilation_h == 1 && s.dilation_w == 1 && s.groups == 1;
}

/// Of a pass over `images` images whose results are height x width pixels.
bool is_faster(const Conv2dShape& s, std::int64_t images, std::int64_t height, std::int64_t width) {
  const double products = static_cast<double>(s.c) * static_cast<double>(s.k) / kLanes;
  const double tiles = static_cast<double>(TileGrid(images, height, width).count);
  const double direct = products * 9 * (static_cast<double>(images * height * width) + kStreamCost);
  const double transformed =
      products * kTilePoints * (tiles + kStreamCost) + tiles * kTransformCost * static_cast<double>(s.c + s.k) / kLanes;
  return transformed < direct;
}

}  // namespace

bool uses_winograd(const Conv2dShape& s, Conv2dPass pass) {
  if (s.choice == Conv2dChoice::direct || !can_use_winograd(s)) return false;
  if (s.choice == Conv2dChoice::winograd) return true;
  const std::int64_t images = s.choice == Conv2dChoice::by_batch ? s.n : 1;
  const bool backward_data = pass == Conv2dPass::backward_data;
  return s.c >= kMinChannels && s.k >= kMinChannels && is_faster(s, images, backward_data ? s.h : s.p, backward_data ? s.w : s.q);
}

}  // namespace fovea::kernels::FOVEA_ISA_NAMESPACE
