// Arithmetic with broadcasting, functions of each element, reductions.
#include "fovea/autograd/ops/maths.hpp"
#include "fovea/autograd/ops/arithmetic.hpp"
#include "fovea/autograd/ops/broadcast.hpp"
#include "fovea/autograd/ops/reduce.hpp"
#include "fovea/autograd/ops/softmax_over.hpp"
#include "selftest/gradients/suite.hpp"

namespace fovea::selftest_detail {

void check_maths_gradients(GradientSuite& suite) {
  const std::pair<Shape, Shape> pairs[] = {{{2, 3, 5, 4}, {2, 1, 1, 4}}, {{2, 3, 5, 4}, {4}},   {{2, 3, 5, 4}, {2, 3, 5, 1}}, {{2, 3}, {1}},
                                           {{2, 1, 4}, {1, 3, 1}},       {{0, 3, 4}, {1, 1, 4}}};
  for (const auto& [a, b] : pairs) {
    suite.check("broadcast_add", [](const Inputs& in) { return in[0] + in[1]; }, {uniform(a, 1), uniform(b, 2)});
    suite.check("broadcast_multiply", [](const Inputs& in) { return in[0] * in[1]; }, {uniform(a, 1), uniform(b, 2)});
    suite.check("broadcast_to", [a = a](const Inputs& in) { return broadcast_to(in[0], a) + in[1]; },
                {uniform(b.rank() < a.rank() ? b : Shape{a.at(-1)}, 1), uniform(a, 2)});
    suite.check("divide", [](const Inputs& in) { return in[0] / in[1]; }, {uniform(a, 1), uniform(b, 2, 0.5, 1.5)});
  }
  for (const Shape& shape : {Shape{17}, Shape{2, 3, 5, 7}, Shape{0, 4}}) {
    const Tensor positive = uniform(shape, 3, 0.5, 1.5);
    suite.check("exp", exp, {uniform(shape)});
    suite.check("log", log, {positive});
    suite.check("sqrt", sqrt, {positive});
    suite.check("power", [](const Inputs& in) { return power(in[0], 2.5); }, {positive});
    suite.check("power", [](const Inputs& in) { return power(in[0], 3); }, {uniform(shape)});
    suite.check("abs", abs, {distinct(shape)});
    suite.check("clamp", [](const Inputs& in) { return clamp(in[0], -0.41234, 0.71234); }, {distinct(shape)});
  }
  for (const Shape& shape : {Shape{2, 3, 5, 4}, Shape{1, 1, 3, 2}, Shape{0, 2, 3, 2}}) {
    suite.check("sum_over", [](const Inputs& in) { return sum_over(in[0], {1, -1}); }, {uniform(shape)});
    suite.check("mean_over", [](const Inputs& in) { return mean_over(in[0], {1, 2}, true); }, {uniform(shape)});
    suite.check("max_over", [](const Inputs& in) { return max_over(in[0], 2); }, {distinct(shape)});
    suite.check("softmax_over", [](const Inputs& in) { return softmax_over(in[0], 2); }, {uniform(shape)});
    suite.check("spatial_softmax", spatial_softmax, {uniform(shape)});
  }
}

}  // namespace fovea::selftest_detail
