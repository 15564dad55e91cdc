// Pooling against PyTorch: tests/golden/make_pooling_goldens.py.
#include "fovea/autograd/ops/adaptive_pool2d.hpp"
#include "fovea/autograd/ops/average_pool2d.hpp"
#include "fovea/autograd/ops/max_pool2d.hpp"
#include "golden.hpp"

namespace fovea {
namespace {

using test::extent2_of;

Pool2dGeometry geometry_of(const Json& c) {
  const Json& padding = c.at("padding");
  return {.window = extent2_of(c.at("window")),
          .stride = extent2_of(c.at("stride")),
          .padding = Padding(padding[0], padding[1]),
          .dilation = extent2_of(c.at("dilation")),
          .ceil_mode = c.at("ceil_mode")};
}

TEST(PoolingGolden, Torch) {
  test::for_each_golden("pooling.json", [](const Json& c, DType dtype, double tolerance) {
    const std::string kind = c.at("kind");
    if (kind == "max") test::expect_golden(c, dtype, tolerance, [&](const Variable& x) { return max_pool2d(x, geometry_of(c)); });
    if (kind == "average")
      test::expect_golden(c, dtype, tolerance,
                          [&](const Variable& x) { return average_pool2d(x, geometry_of(c), c.at("count_padding"), c.at("divisor")); });
    if (kind == "adaptive_max")
      test::expect_golden(c, dtype, tolerance, [&](const Variable& x) { return adaptive_max_pool2d(x, extent2_of(c.at("output"))); });
    if (kind == "adaptive_average")
      test::expect_golden(c, dtype, tolerance, [&](const Variable& x) { return adaptive_average_pool2d(x, extent2_of(c.at("output"))); });
  });
}

}  // namespace
}  // namespace fovea
