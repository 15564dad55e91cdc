// Padding, shuffles and unpooling against PyTorch: tests/golden/make_spatial_goldens.py.
#include "fovea/autograd/ops/channel_shuffle.hpp"
#include "fovea/autograd/ops/max_pool2d.hpp"
#include "fovea/autograd/ops/pad2d.hpp"
#include "fovea/autograd/ops/pixel_shuffle.hpp"
#include "fovea/autograd/ops/softmax_over.hpp"
#include "fovea/autograd/ops/unpool2d.hpp"
#include "golden.hpp"

namespace fovea {
namespace {

PadMode pad_mode_of(const std::string& mode) {
  return mode == "constant"    ? PadMode::constant
         : mode == "reflect"   ? PadMode::reflect
         : mode == "replicate" ? PadMode::replicate
                               : PadMode::circular;
}

Variable run(const Json& c, const Variable& x) {
  const std::string kind = c.at("kind");
  if (kind == "pad") {
    const Json& p = c.at("padding");
    return pad2d(x, {p[0], p[1], p[2], p[3]}, pad_mode_of(c.at("mode")), c.at("value"));
  }
  if (kind == "pixel_shuffle") return pixel_shuffle(x, c.at("factor"));
  if (kind == "pixel_unshuffle") return pixel_unshuffle(x, c.at("factor"));
  if (kind == "channel_shuffle") return channel_shuffle(x, c.at("groups"));
  if (kind == "spatial_softmax") return spatial_softmax(x);
  EXPECT_EQ(kind, "max_unpool");
  const MaxPool2dResult pooled = max_pool2d_with_indices(x);
  return max_unpool2d(pooled.output, pooled.indices, {x.extent(1), x.extent(2)});
}

TEST(RearrangeGolden, Torch) {
  test::for_each_golden("rearrange.json", [](const Json& c, DType dtype, double tolerance) {
    test::expect_golden(c, dtype, tolerance, [&](const Variable& x) { return run(c, x); });
  });
}

}  // namespace
}  // namespace fovea
