#include "selftest/suite.hpp"

namespace fovea::selftest_detail {

template <class T>
void check_elementwise(Suite<T>& suite) {
  const auto check_binary = [&](const char* name, auto slot) {
    suite.check(name, {}, kCounts, slot, [slot](auto& run, const auto& kernels, std::int64_t count) {
      const auto a = run.values(count), b = run.values(count);
      auto y = run.empty(count);
      slot(kernels)(run.context(), count, a.data(), b.data(), y.data());
      run.result(y);
    });
  };
  check_binary("elementwise.add", [](const auto& kernels) { return kernels.elementwise.add; });
  check_binary("elementwise.subtract", [](const auto& kernels) { return kernels.elementwise.subtract; });
  check_binary("elementwise.multiply", [](const auto& kernels) { return kernels.elementwise.multiply; });
  check_binary("elementwise.relu_backward", [](const auto& kernels) { return kernels.elementwise.relu_backward; });
  suite.check(
      "elementwise.affine", {}, kCounts, [](const auto& kernels) { return kernels.elementwise.affine; },
      [](auto& run, const auto& kernels, std::int64_t count) {
        const auto x = run.values(count);
        auto y = run.empty(count);
        kernels.elementwise.affine(run.context(), count, 0.75f, -0.5f, x.data(), y.data());
        run.result(y);
      });
  suite.check(
      "elementwise.relu", {}, kCounts, [](const auto& kernels) { return kernels.elementwise.relu; },
      [](auto& run, const auto& kernels, std::int64_t count) {
        const auto x = run.values(count);
        auto y = run.empty(count);
        kernels.elementwise.relu(run.context(), count, x.data(), y.data());
        run.result(y);
      });
  suite.check(
      "elementwise.dropout", {}, kCounts, [](const auto& kernels) { return kernels.elementwise.dropout; },
      [](auto& run, const auto& kernels, std::int64_t count) {
        const auto x = run.values(count);
        auto y = run.empty(count);
        kernels.elementwise.dropout(run.context(), count, {.key0 = 3, .key1 = 5, .threshold = 1u << 30}, 1.25f, x.data(), y.data());
        run.result(y);
      });
}
template void check_elementwise(Suite<float>&);
template void check_elementwise(Suite<bf16>&);

}  // namespace fovea::selftest_detail
