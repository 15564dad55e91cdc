#include "selftest/suite.hpp"

namespace fovea::selftest_detail {

template <class T>
void check_activation_functions(Suite<T>& suite) {
  using kernels::ActivationKind;
  struct Case {
    kernels::ActivationFunction f;
    std::int64_t count;
  };
  std::vector<Case> cases;
  for (int kind = 0; kind <= static_cast<int>(ActivationKind::gelu_tanh); ++kind)
    for (const std::int64_t count : kCounts) cases.push_back({{static_cast<ActivationKind>(kind), 0.75, 1.25}, count});
  // In [-8, 8), where the functions bend.
  const auto arguments = [](auto& run, std::int64_t count) {
    auto x = run.values(count);
    for (auto& value : x) value = static_cast<std::remove_reference_t<decltype(value)>>(8 * value);
    return x;
  };
  suite.check(
      "activation.forward", {}, cases, [](const auto& kernels) { return kernels.activation.forward; },
      [&](auto& run, const auto& kernels, const Case& item) {
        const auto x = arguments(run, item.count);
        auto y = run.empty(item.count);
        kernels.activation.forward(run.context(), item.f, item.count, x.data(), y.data());
        run.result(y);
      });
  suite.check(
      "activation.backward", {}, cases, [](const auto& kernels) { return kernels.activation.backward; },
      [&](auto& run, const auto& kernels, const Case& item) {
        const auto x = arguments(run, item.count), dy = run.values(item.count);
        auto dx = run.empty(item.count);
        kernels.activation.backward(run.context(), item.f, item.count, x.data(), dy.data(), dx.data());
        run.result(dx);
      });
  struct Matrix {
    std::int64_t rows, channels;
  };
  const Matrix matrices[] = {{0, 3}, {1, 1}, {7, 3}, {5, 16}, {9, 17}, {700, 33}};
  suite.check(
      "activation.prelu_forward", {}, matrices, [](const auto& kernels) { return kernels.activation.prelu_forward; },
      [](auto& run, const auto& kernels, const Matrix& m) {
        const auto x = run.values(m.rows * m.channels);
        const auto slope = run.weights(m.channels);
        auto y = run.empty(m.rows * m.channels);
        kernels.activation.prelu_forward(run.context(), m.rows, m.channels, x.data(), slope.data(), y.data());
        run.result(y);
      });
  suite.check(
      "activation.prelu_backward", {}, matrices, [](const auto& kernels) { return kernels.activation.prelu_backward; },
      [](auto& run, const auto& kernels, const Matrix& m) {
        const auto x = run.values(m.rows * m.channels), dy = run.values(m.rows * m.channels);
        const auto slope = run.weights(m.channels);
        auto dx = run.empty(m.rows * m.channels);
        auto dslope = run.empty_weights(m.channels);
        kernels.activation.prelu_backward(run.context(), m.rows, m.channels, x.data(), slope.data(), dy.data(), dx.data(), dslope.data(),
                                          run.scratch(kernels.activation.prelu_workspace_bytes(m.rows, m.channels)));
        run.result(dx);
        run.result(dslope, static_cast<double>(std::max<std::int64_t>(1, m.rows)));
      });
  suite.check(
      "activation.glu_forward", {}, matrices, [](const auto& kernels) { return kernels.activation.glu_forward; },
      [](auto& run, const auto& kernels, const Matrix& m) {
        const auto x = run.values(2 * m.rows * m.channels);
        auto y = run.empty(m.rows * m.channels);
        kernels.activation.glu_forward(run.context(), m.rows, m.channels, x.data(), y.data());
        run.result(y);
      });
  suite.check(
      "activation.glu_backward", {}, matrices, [](const auto& kernels) { return kernels.activation.glu_backward; },
      [](auto& run, const auto& kernels, const Matrix& m) {
        const auto x = run.values(2 * m.rows * m.channels), dy = run.values(m.rows * m.channels);
        auto dx = run.empty(2 * m.rows * m.channels);
        kernels.activation.glu_backward(run.context(), m.rows, m.channels, x.data(), dy.data(), dx.data());
        run.result(dx);
      });
}
template void check_activation_functions(Suite<float>&);
template void check_activation_functions(Suite<bf16>&);

}  // namespace fovea::selftest_detail
