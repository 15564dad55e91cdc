#include "fovea/autograd/ops/pixel_shuffle.hpp"

#include <fmt/format.h>

#include "fovea/autograd/ops/permute.hpp"
#include "fovea/autograd/ops/reshape.hpp"
#include "fovea/base/error.hpp"
#include "ops/checks.hpp"

namespace fovea {

namespace {

constexpr std::int64_t kLargestFactor = 1 << 15;  // its square is no surprise

void check_factor(const char* op, std::int64_t factor) {
  if (factor < 1 || factor > kLargestFactor)
    throw ShapeError(fmt::format("[{}] the factor is in [1, {}], found {}", op, kLargestFactor, factor));
}

}  // namespace

Variable pixel_shuffle(const Variable& x, std::int64_t factor) {
  check_rank("pixel_shuffle", "input", x.value().spec(), 4, "[N,H,W,C]");
  check_factor("pixel_shuffle", factor);
  const std::int64_t n = x.extent(0), h = x.extent(1), w = x.extent(2), channels = x.extent(3) / (factor * factor);
  if (channels * factor * factor != x.extent(3))
    throw ShapeError(
        fmt::format("[pixel_shuffle] the channels of {} are not a multiple of {} x {}", x.shape().to_string(), factor, factor));
  // A batch of rows, so that six axes are enough.
  const Variable squares = permute(reshape(x, {n * h, w, channels, factor, factor}), {0, 3, 1, 4, 2});
  return reshape(squares, {n, h * factor, w * factor, channels});
}

Variable pixel_unshuffle(const Variable& x, std::int64_t factor) {
  check_rank("pixel_unshuffle", "input", x.value().spec(), 4, "[N,H,W,C]");
  check_factor("pixel_unshuffle", factor);
  const std::int64_t n = x.extent(0), h = x.extent(1) / factor, w = x.extent(2) / factor, channels = x.extent(3);
  if (h * factor != x.extent(1) || w * factor != x.extent(2))
    throw ShapeError(fmt::format("[pixel_unshuffle] rows and columns of {} are not multiples of {}", x.shape().to_string(), factor));
  const Variable squares = permute(reshape(x, {n * h, factor, w, factor, channels}), {0, 2, 4, 1, 3});
  return reshape(squares, {n, h, w, channels * factor * factor});
}

}  // namespace fovea
