// Convolution, transposed convolution, pooling.
#include "fovea/autograd/ops/average_pool2d.hpp"
#include "fovea/autograd/ops/conv2d.hpp"
#include "fovea/autograd/ops/conv_transpose2d.hpp"
#include "fovea/autograd/ops/max_pool2d.hpp"
#include "selftest/gradients/suite.hpp"

namespace fovea::selftest_detail {

namespace {

void check_conv2d(GradientSuite& suite) {
  struct Case {
    Shape x, filter;
    Conv2dGeometry geometry;
  };
  const Case cases[] = {
      {{2, 5, 7, 3}, {4, 3, 3, 3}, {.padding = 1}},
      {{1, 1, 1, 1}, {1, 1, 1, 1}, {}},
      {{2, 9, 6, 4}, {6, 3, 2, 2}, {.stride = {2, 3}, .padding = {1, 0, 0, 2}, .groups = 2}},
      {{1, 9, 9, 5}, {5, 3, 3, 1}, {.padding = 2, .dilation = 2, .groups = 5}},
      {{0, 5, 5, 3}, {2, 3, 3, 3}, {.padding = 1}},
  };
  for (const Case& c : cases)
    suite.check("conv2d", [&](const Inputs& in) { return conv2d(in[0], in[1], in[2], c.geometry); },
                {uniform(c.x, 1), uniform(c.filter, 2), uniform({c.filter.at(0)}, 3)});
}

void check_conv_transpose2d(GradientSuite& suite) {
  struct Case {
    Shape x, filter;
    std::int64_t outputs;
    ConvTranspose2dGeometry geometry;
  };
  const Case cases[] = {
      {{2, 4, 3, 3}, {3, 3, 3, 4}, 4, {}},
      {{1, 3, 4, 4}, {4, 2, 2, 2}, 2, {.stride = 2}},
      {{2, 3, 2, 4}, {4, 3, 3, 3}, 6, {.stride = {2, 3}, .padding = 1, .output_padding = 1, .groups = 2}},
      {{0, 3, 3, 2}, {2, 2, 2, 3}, 3, {.stride = 2}},
  };
  for (const Case& c : cases)
    suite.check("conv_transpose2d", [&](const Inputs& in) { return conv_transpose2d(in[0], in[1], in[2], c.geometry); },
                {uniform(c.x, 1), uniform(c.filter, 2), uniform({c.outputs}, 3)});
}

void check_pooling(GradientSuite& suite) {
  struct Case {
    Shape x;
    Pool2dGeometry geometry;
  };
  const Case cases[] = {
      {{2, 6, 8, 3}, {}},
      {{1, 7, 5, 5}, {.window = 3, .stride = 2, .padding = 1}},
      {{2, 5, 6, 1}, {.window = {2, 3}, .stride = 1}},
      {{0, 4, 4, 2}, {}},
  };
  for (const Case& c : cases) {
    suite.check("max_pool2d", [&](const Inputs& in) { return max_pool2d(in[0], c.geometry); }, {distinct(c.x)});
    for (const bool count_padding : {true, false})
      suite.check("average_pool2d", [&](const Inputs& in) { return average_pool2d(in[0], c.geometry, count_padding); }, {uniform(c.x)});
  }
  for (const Shape& shape : {Shape{2, 5, 3, 4}, Shape{1, 1, 1, 1}, Shape{0, 3, 2, 5}})
    suite.check("global_average_pool2d", global_average_pool2d, {uniform(shape)});
}

}  // namespace

void check_convolution_gradients(GradientSuite& suite) {
  check_conv2d(suite);
  check_conv_transpose2d(suite);
  check_pooling(suite);
}

}  // namespace fovea::selftest_detail
