// Activations.
#include "fovea/autograd/ops/activations.hpp"

#include "fovea/autograd/ops/glu.hpp"
#include "fovea/autograd/ops/maxout.hpp"
#include "fovea/autograd/ops/prelu.hpp"
#include "selftest/gradients/suite.hpp"

namespace fovea::selftest_detail {

void check_activation_gradients(GradientSuite& suite) {
  const auto check = [&](const char* name, Variable (*f)(Variable), const Tensor& x) {
    suite.check(name, [f](const Inputs& in) { return f(in[0]); }, {x});
  };
  for (const Shape& shape : {Shape{1}, Shape{17}, Shape{2, 3, 5, 7}, Shape{0, 4}}) {
    const Tensor x = uniform(shape, 1, -4, 4), kinked = distinct(shape);
    check("sigmoid", sigmoid, x);
    check("tanh", tanh, x);
    check("relu6", relu6, kinked);
    check("relu6", relu6, uniform(shape, 2, 5, 7));
    check("selu", selu, kinked);
    check("silu", silu, x);
    check("mish", mish, x);
    check("hard_sigmoid", hard_sigmoid, x);
    check("hard_swish", hard_swish, x);
    suite.check("leaky_relu", [](const Inputs& in) { return leaky_relu(in[0], 0.2); }, {kinked});
    suite.check("elu", [](const Inputs& in) { return elu(in[0], 0.6); }, {kinked});
    suite.check("softplus", [](const Inputs& in) { return softplus(in[0], 1.7); }, {x});
    for (const GeluForm form : {GeluForm::erf, GeluForm::tanh})
      suite.check("gelu", [=](const Inputs& in) { return gelu(in[0], form); }, {x});
  }
  for (const Shape& shape : {Shape{6}, Shape{5, 18}, Shape{2, 3, 5, 6}, Shape{0, 6}}) {
    const auto prelu_of = [](const Inputs& in) { return prelu(in[0], in[1]); };
    suite.check("prelu", prelu_of, {distinct(shape), uniform({1}, 2)});
    suite.check("prelu", prelu_of, {distinct(shape), uniform({shape.at(-1)}, 2)});
    suite.check("glu", glu, {uniform(shape, 1, -4, 4)});
    for (const std::int64_t k : {1, 2, 3}) suite.check("maxout", [=](const Inputs& in) { return maxout(in[0], k); }, {distinct(shape)});
  }
}

}  // namespace fovea::selftest_detail
