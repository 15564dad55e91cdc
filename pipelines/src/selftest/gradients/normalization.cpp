// Normalisation that does not look at the batch.
#include "fovea/autograd/ops/group_norm.hpp"
#include "fovea/autograd/ops/l2_normalize.hpp"
#include "fovea/autograd/ops/local_response_norm.hpp"
#include "selftest/gradients/suite.hpp"

namespace fovea::selftest_detail {

void check_normalization_gradients(GradientSuite& suite) {
  for (const Shape& shape : {Shape{2, 3, 5, 6}, Shape{1, 1, 2, 18}, Shape{3, 6}, Shape{0, 2, 2, 6}}) {
    const Tensor x = uniform(shape), gamma = uniform({shape.at(-1)}, 2, 0.5, 1.5), beta = uniform({shape.at(-1)}, 3);
    for (const std::int64_t groups : {1, 2, 3}) {
      suite.check("group_norm", [=](const Inputs& in) { return group_norm(in[0], groups, in[1], in[2]); }, {x, gamma, beta});
      suite.check("group_norm", [=](const Inputs& in) { return group_norm(in[0], groups); }, {x});
    }
    suite.check("layer_norm", [](const Inputs& in) { return layer_norm(in[0], in[1], in[2]); }, {x, gamma, beta});
    suite.check("layer_norm", [](const Inputs& in) { return layer_norm(in[0]); }, {x});
    for (const std::int64_t size : {1, 2, 5}) {
      const LocalResponseNormOptions strong{.size = size, .alpha = 2, .k = 0.5}, other{.size = size, .alpha = 1, .beta = 1.3};
      suite.check("local_response_norm", [=](const Inputs& in) { return local_response_norm(in[0], strong); }, {x});
      suite.check("local_response_norm", [=](const Inputs& in) { return local_response_norm(in[0], other); }, {x});
    }
    suite.check("l2_normalize", [](const Inputs& in) { return l2_normalize(in[0]); }, {x});
    suite.check("l2_normalize", [](const Inputs& in) { return l2_normalize(in[0], 100); }, {x});
  }
  suite.check("layer_norm", [](const Inputs& in) { return layer_norm(in[0], in[1], in[2], {.axes = 2}); },
              {uniform({3, 4, 5}), uniform({4, 5}, 2), uniform({4, 5}, 3)});
  for (const Shape& shape : {Shape{2, 3, 5, 4}, Shape{1, 4, 17}, Shape{0, 2, 2, 4}}) {
    const Tensor gamma = uniform({shape.at(-1)}, 2, 0.5, 1.5), beta = uniform({shape.at(-1)}, 3);
    suite.check("instance_norm", [](const Inputs& in) { return instance_norm(in[0], in[1], in[2]); }, {uniform(shape), gamma, beta});
    suite.check("instance_norm", [](const Inputs& in) { return instance_norm(in[0]); }, {uniform(shape)});
  }
}

}  // namespace fovea::selftest_detail
