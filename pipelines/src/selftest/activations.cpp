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
}
template void check_activation_functions(Suite<float>&);
template void check_activation_functions(Suite<bf16>&);

}  // namespace fovea::selftest_detail
