// Images of other sizes: resizing, padding, unpooling.
#include "fovea/autograd/ops/pad2d.hpp"
#include "fovea/autograd/ops/resize2d.hpp"
#include "fovea/autograd/ops/unpool2d.hpp"
#include "selftest/gradients/suite.hpp"

namespace fovea::selftest_detail {

void check_resize_gradients(GradientSuite& suite) {
  const std::vector<Shape> shapes = {{2, 3, 5, 3}, {1, 1, 4, 1}, {0, 3, 3, 2}};
  for (const Shape& shape : shapes) {
    for (const Extent2 output : {Extent2{7, 4}, Extent2{2, 9}})
      for (const ResizeOptions& options :
           {ResizeOptions{.interpolation = Interpolation::nearest}, ResizeOptions{.interpolation = Interpolation::nearest_exact},
            ResizeOptions{.interpolation = Interpolation::bilinear},
            ResizeOptions{.interpolation = Interpolation::bilinear, .align_corners = true},
            ResizeOptions{.interpolation = Interpolation::bicubic},
            ResizeOptions{.interpolation = Interpolation::bicubic, .align_corners = true}})
        suite.check("resize2d", [=](const Inputs& in) { return resize2d(in[0], output, options); }, {uniform(shape)});
    suite.check("pad2d", [](const Inputs& in) { return pad2d(in[0], {1, 2, -1, 3}, PadMode::constant, 5); }, {uniform(shape)});
    suite.check("pad2d", [](const Inputs& in) { return pad2d(in[0], {2, 0, 1, 3}, PadMode::replicate); }, {uniform(shape)});
    suite.check("pad2d", [](const Inputs& in) { return pad2d(in[0], {0, 1, 2, 1}, PadMode::circular); }, {uniform(shape)});
    suite.check("nearest_unpool2d", [](const Inputs& in) { return nearest_unpool2d(in[0], {2, 3}); }, {uniform(shape)});
    suite.check("bed_of_nails_unpool2d", [](const Inputs& in) { return bed_of_nails_unpool2d(in[0], {3, 2}); }, {uniform(shape)});
    suite.check("max_unpool2d",
                [](const Inputs& in) {
                  const MaxPool2dResult pooled = max_pool2d_with_indices(in[0], {.window = 1, .stride = 2});
                  return max_unpool2d(pooled.output, pooled.indices, {in[0].extent(1), in[0].extent(2)});
                },
                {distinct(shape)});
  }
  suite.check("pad2d", [](const Inputs& in) { return pad2d(in[0], {1, 2, 3, 1}, PadMode::reflect); }, {uniform({2, 3, 5, 2})});
}

}  // namespace fovea::selftest_detail
