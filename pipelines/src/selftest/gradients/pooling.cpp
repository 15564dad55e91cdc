// Pooling of every kind.
#include "fovea/autograd/ops/adaptive_pool2d.hpp"
#include "fovea/autograd/ops/average_pool2d.hpp"
#include "fovea/autograd/ops/max_pool2d.hpp"
#include "selftest/gradients/suite.hpp"

namespace fovea::selftest_detail {

void check_pooling_gradients(GradientSuite& suite) {
  for (const Pool2dGeometry& geometry : {Pool2dGeometry{.window = 3, .stride = 2, .padding = 1, .dilation = 2},
                                         Pool2dGeometry{.window = {3, 2}, .stride = 2, .padding = 1, .ceil_mode = true},
                                         Pool2dGeometry{.window = 2, .stride = 3, .padding = 1, .dilation = {1, 2}, .ceil_mode = true}})
    for (const Shape& shape : {Shape{2, 7, 6, 3}, Shape{1, 8, 9, 1}, Shape{0, 7, 6, 2}}) {
      suite.check("max_pool2d", [=](const Inputs& in) { return max_pool2d(in[0], geometry); }, {distinct(shape)});
      suite.check("average_pool2d", [=](const Inputs& in) { return average_pool2d(in[0], geometry, false); }, {uniform(shape)});
      suite.check("average_pool2d", [=](const Inputs& in) { return average_pool2d(in[0], geometry, true); }, {uniform(shape)});
      suite.check("sum_pool2d", [=](const Inputs& in) { return sum_pool2d(in[0], geometry); }, {uniform(shape)});
    }
  for (const Extent2 output : {Extent2{1}, Extent2{3, 2}, Extent2{7, 9}})
    for (const Shape& shape : {Shape{2, 5, 7, 3}, Shape{1, 3, 2, 1}, Shape{0, 4, 4, 2}}) {
      suite.check("adaptive_average_pool2d", [=](const Inputs& in) { return adaptive_average_pool2d(in[0], output); }, {uniform(shape)});
      suite.check("adaptive_max_pool2d", [=](const Inputs& in) { return adaptive_max_pool2d(in[0], output); }, {distinct(shape)});
    }
  for (const Shape& shape : {Shape{2, 5, 7, 3}, Shape{1, 1, 1, 1}, Shape{0, 4, 4, 2}})
    suite.check("global_max_pool2d", global_max_pool2d, {distinct(shape)});
}

}  // namespace fovea::selftest_detail
