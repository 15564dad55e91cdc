#include "selftest/suite.hpp"

namespace fovea::selftest_detail {

template <class T>
void check_group_norm(Suite<T>& suite) {
  using kernels::GroupNormShape;
  const GroupNormShape shapes[] = {{0, 4, 6, 2}, {1, 7, 1, 1},  {2, 35, 6, 3},    {3, 4, 17, 17},  {2, 1, 24, 4},
                                   {5, 1, 1, 1}, {9, 1, 33, 1}, {300, 1, 768, 1}, {2, 900, 40, 8}, {1, 300, 64, 1}};
  suite.check(
      "group_norm.forward", {.tolerance = 1e-5}, shapes, [](const auto& kernels) { return kernels.group_norm.forward; },
      [](auto& run, const auto& kernels, const GroupNormShape& s) {
        const auto x = run.values(s.n * s.pixels * s.channels);
        const auto gamma = run.positive_weights(s.channels), beta = run.weights(s.channels);
        auto y = run.empty(s.n * s.pixels * s.channels);
        auto mean = run.empty_weights(s.n * s.groups), inverse_deviation = run.empty_weights(s.n * s.groups);
        kernels.group_norm.forward(run.context(), s, x.data(), gamma.data(), beta.data(), 1e-3, mean.data(), inverse_deviation.data(),
                                   y.data(), run.scratch(kernels.group_norm.workspace_bytes(s)));
        run.result(mean);
        run.result(inverse_deviation);
        run.result(y);
      });
  suite.check(
      "group_norm.backward", {.tolerance = 1e-5}, shapes, [](const auto& kernels) { return kernels.group_norm.backward; },
      [](auto& run, const auto& kernels, const GroupNormShape& s) {
        const auto x = run.values(s.n * s.pixels * s.channels), dy = run.values(s.n * s.pixels * s.channels);
        const auto mean = run.weights(s.n * s.groups), inverse_deviation = run.positive_weights(s.n * s.groups);
        const auto gamma = run.positive_weights(s.channels);
        auto dx = run.empty(s.n * s.pixels * s.channels);
        auto dgamma = run.empty_weights(s.channels), dbeta = run.empty_weights(s.channels);
        kernels.group_norm.backward(run.context(), s, x.data(), dy.data(), mean.data(), inverse_deviation.data(), gamma.data(), dx.data(),
                                    dgamma.data(), dbeta.data(), run.scratch(kernels.group_norm.workspace_bytes(s)));
        const double terms = static_cast<double>(std::max<std::int64_t>(1, s.n * s.pixels));
        run.result(dx);
        run.result(dgamma, terms);
        run.result(dbeta, terms);
      });
}
template void check_group_norm(Suite<float>&);
template void check_group_norm(Suite<bf16>&);

}  // namespace fovea::selftest_detail
