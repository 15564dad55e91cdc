// Elements in other places.
#include "fovea/autograd/ops/channel_shuffle.hpp"
#include "fovea/autograd/ops/concat.hpp"
#include "fovea/autograd/ops/gather.hpp"
#include "fovea/autograd/ops/permute.hpp"
#include "fovea/autograd/ops/pixel_shuffle.hpp"
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
    suite.check("pixel_shuffle", [](const Inputs& in) { return pixel_shuffle(in[0], 2); }, {uniform(shape)});
    suite.check("pixel_unshuffle", [](const Inputs& in) { return pixel_unshuffle(pixel_shuffle(in[0], 2), 2); }, {uniform(shape)});
    suite.check("concat", [](const Inputs& in) { return concat({in[0], in[1], in[0]}, 1); }, {uniform(shape, 1), uniform(shape, 2)});
  }
  for (const Shape& shape : {Shape{2, 3, 4}, Shape{1, 3, 1}, Shape{0, 3, 2}}) {
    // Entries 2, 0, 2, 1, ... of the middle axis, some of them more than once.
    std::vector<std::int64_t> places;
    for (std::int64_t i = 0; i < shape[0] * 5 * shape[2]; ++i) places.push_back((i * i + 2) % 3);
    const Shape chosen{shape[0], 5, shape[2]};
    const Tensor index = Tensor::from(places, chosen);
    suite.check("gather", [=](const Inputs& in) { return gather(in[0], 1, index); }, {uniform(shape)});
    suite.check("scatter", [=](const Inputs& in) { return scatter(in[0], 1, index, in[1]); }, {uniform(shape, 1), uniform(chosen, 2)});
    suite.check("scatter_add", [=](const Inputs& in) { return scatter_add(in[0], 1, index, in[1]); },
                {uniform(shape, 1), uniform(chosen, 2)});
    const Tensor entries = Tensor::from(std::vector<std::int64_t>{2, 0, 2}, {3});
    suite.check("index_select", [=](const Inputs& in) { return index_select(in[0], 1, entries); }, {uniform(shape)});
  }
}

}  // namespace fovea::selftest_detail
