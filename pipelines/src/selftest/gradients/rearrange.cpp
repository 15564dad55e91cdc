// Elements in other places.
#include "fovea/autograd/ops/channel_shuffle.hpp"
#include "fovea/autograd/ops/concat.hpp"
#include "fovea/autograd/ops/permute.hpp"
#include "fovea/autograd/ops/slice.hpp"
#include "selftest/gradients/suite.hpp"

namespace fovea::selftest_detail {

void check_rearrange_gradients(GradientSuite& suite) {
  for (const Shape& shape : {Shape{2, 3, 5, 12}, Shape{1, 1, 4, 12}, Shape{0, 2, 4, 12}}) {
    suite.check("permute", [](const Inputs& in) { return permute(in[0], {0, 3, 1, 2}); }, {uniform(shape)});
    suite.check("permute", [](const Inputs& in) { return transpose(in[0], 0, -1); }, {uniform(shape)});
    suite.check("channel_shuffle", [](const Inputs& in) { return channel_shuffle(in[0], 4); }, {uniform(shape)});
    suite.check("slice", [](const Inputs& in) { return slice(in[0], -1, 3, 8); }, {uniform(shape)});
    suite.check("slice", [](const Inputs& in) { return slice(in[0], 2, 1, 4); }, {uniform(shape)});
    suite.check("split",
                [](const Inputs& in) {
                  const auto parts = split(in[0], 3, {5, 0, 7});
                  return concat({parts[2], parts[0]});
                },
                {uniform(shape)});
    suite.check("concat", [](const Inputs& in) { return concat({in[0], in[1], in[0]}, 1); }, {uniform(shape, 1), uniform(shape, 2)});
  }
}

}  // namespace fovea::selftest_detail
