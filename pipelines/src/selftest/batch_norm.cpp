#include "selftest/suite.hpp"

namespace fovea::selftest_detail {

namespace {

using kernels::BatchNormShape;

struct Norm {
  BatchNormShape shape;
  bool fused = false;  ///< with residual and ReLU
};
constexpr Norm kNorms[] = {{{1, 1}},    {{2, 17}}, {{7, 3}},       {{1000, 16}},       {{4099, 37}},
                           {{31, 200}}, {{5, 0}},  {{7, 3}, true}, {{1000, 16}, true}, {{31, 37}, true}};
constexpr Accuracy kAccuracy{.tolerance = 2e-6};

}  // namespace

template <class T>
void check_batch_norm(Suite<T>& suite) {
  suite.check(
      "batch_norm.statistics", {.tolerance = 1e-6}, kNorms, [](const auto& kernels) { return kernels.batch_norm.statistics; },
      [](auto& run, const auto& kernels, const Norm& norm) {
        const BatchNormShape& s = norm.shape;
        const auto x = run.values(s.rows * s.channels);
        auto mean = run.empty_weights(s.channels), variance = run.empty_weights(s.channels);
        void* const workspace = run.scratch(kernels.batch_norm.workspace_bytes(s));
        kernels.batch_norm.statistics(run.context(), s, x.data(), mean.data(), variance.data(), workspace);
        run.result(mean);
        run.result(variance);
      });
  suite.check(
      "batch_norm.normalize", kAccuracy, kNorms, [](const auto& kernels) { return kernels.batch_norm.normalize; },
      [](auto& run, const auto& kernels, const Norm& norm) {
        const BatchNormShape& s = norm.shape;
        const auto x = run.values(s.rows * s.channels), residual = run.values(s.rows * s.channels);
        const auto mean = run.weights(s.channels), inverse = run.positive_weights(s.channels), gamma = run.weights(s.channels),
                   beta = run.weights(s.channels);
        auto y = run.empty(s.rows * s.channels);
        kernels.batch_norm.normalize(run.context(), s, x.data(), mean.data(), inverse.data(), gamma.data(), beta.data(),
                                     norm.fused ? residual.data() : nullptr,
                                     norm.fused ? fovea::kernels::Activation::relu : fovea::kernels::Activation::none, y.data());
        run.result(y);
      });
  const auto check_backward = [&](const char* name, auto slot) {
    suite.check(name, kAccuracy, kNorms, slot, [slot](auto& run, const auto& kernels, const Norm& norm) {
      const BatchNormShape& s = norm.shape;
      const auto x = run.values(s.rows * s.channels), dy = run.values(s.rows * s.channels), y = run.values(s.rows * s.channels);
      const auto mean = run.weights(s.channels), inverse = run.positive_weights(s.channels), gamma = run.weights(s.channels);
      auto dx = run.empty(s.rows * s.channels), dresidual = run.empty(s.rows * s.channels);
      auto dgamma = run.empty_weights(s.channels), dbeta = run.empty_weights(s.channels);
      void* const workspace = run.scratch(kernels.batch_norm.workspace_bytes(s));
      slot(kernels)(run.context(), s, x.data(), {.y = norm.fused ? y.data() : nullptr}, dy.data(), mean.data(), inverse.data(),
                    gamma.data(), dx.data(), norm.fused ? dresidual.data() : nullptr, dgamma.data(), dbeta.data(), workspace);
      run.result(dx);
      if (norm.fused) run.result(dresidual);
      run.result(dgamma, static_cast<double>(s.rows));
      run.result(dbeta, static_cast<double>(s.rows));
    });
  };
  check_backward("batch_norm.backward", [](const auto& kernels) { return kernels.batch_norm.backward; });
  check_backward("batch_norm.backward_fixed", [](const auto& kernels) { return kernels.batch_norm.backward_fixed; });
}
template void check_batch_norm(Suite<float>&);
template void check_batch_norm(Suite<bf16>&);

}  // namespace fovea::selftest_detail
