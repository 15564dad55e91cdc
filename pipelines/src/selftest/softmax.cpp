#include "selftest/suite.hpp"

namespace fovea::selftest_detail {

namespace {

struct Rows {
  std::int64_t rows, columns;
};
constexpr Rows kRows[] = {{0, 3}, {1, 1}, {7, 10}, {33, 16}, {5, 1000}, {3, 17}};

std::vector<std::int64_t> targets_of(const Rows& s) {
  std::vector<std::int64_t> targets(static_cast<std::size_t>(s.rows));
  for (std::size_t i = 0; i < targets.size(); ++i) targets[i] = i % 5 == 4 ? -100 : static_cast<std::int64_t>(7 * i) % s.columns;
  return targets;
}

kernels::CrossEntropyShape loss_of(const Rows& s) { return {.rows = s.rows, .classes = s.columns, .label_smoothing = 0.1}; }

}  // namespace

template <class T>
void check_softmax(Suite<T>& suite) {
  constexpr Accuracy kAccuracy{.tolerance = 2e-6};
  suite.check(
      "softmax.forward", kAccuracy, kRows, [](const auto& kernels) { return kernels.softmax.forward; },
      [](auto& run, const auto& kernels, const Rows& s) {
        const auto x = run.values(s.rows * s.columns);
        auto y = run.empty(s.rows * s.columns);
        kernels.softmax.forward(run.context(), s.rows, s.columns, x.data(), y.data());
        run.result(y);
      });
  suite.check(
      "softmax.backward", kAccuracy, kRows, [](const auto& kernels) { return kernels.softmax.backward; },
      [](auto& run, const auto& kernels, const Rows& s) {
        const auto x = run.values(s.rows * s.columns), dy = run.values(s.rows * s.columns);
        auto y = run.empty(s.rows * s.columns), dx = run.empty(s.rows * s.columns);
        kernels.softmax.forward(run.context(), s.rows, s.columns, x.data(), y.data());
        kernels.softmax.backward(run.context(), s.rows, s.columns, y.data(), dy.data(), dx.data());
        run.result(dx);
      });
  suite.check(
      "softmax.cross_entropy", kAccuracy, kRows, [](const auto& kernels) { return kernels.softmax.cross_entropy; },
      [](auto& run, const auto& kernels, const Rows& s) {
        const auto logits = run.values(s.rows * s.columns), weights = run.positive_weights(s.columns);
        const auto targets = targets_of(s);
        auto loss = run.empty(s.rows), normaliser = run.empty(s.rows), log_sum_exp = run.empty(s.rows);
        kernels.softmax.cross_entropy(run.context(), loss_of(s), logits.data(), targets.data(), weights.data(), loss.data(),
                                      normaliser.data(), log_sum_exp.data());
        run.result(loss);
        run.result(normaliser);
        run.result(log_sum_exp);
      });
  suite.check(
      "softmax.cross_entropy_backward", kAccuracy, kRows, [](const auto& kernels) { return kernels.softmax.cross_entropy_backward; },
      [](auto& run, const auto& kernels, const Rows& s) {
        const auto logits = run.values(s.rows * s.columns), weights = run.positive_weights(s.columns), scale = run.values(s.rows);
        const auto targets = targets_of(s);
        auto loss = run.empty(s.rows), normaliser = run.empty(s.rows), log_sum_exp = run.empty(s.rows);
        kernels.softmax.cross_entropy(run.context(), loss_of(s), logits.data(), targets.data(), weights.data(), loss.data(),
                                      normaliser.data(), log_sum_exp.data());
        auto dlogits = run.empty(s.rows * s.columns);
        kernels.softmax.cross_entropy_backward(run.context(), loss_of(s), logits.data(), targets.data(), weights.data(), log_sum_exp.data(),
                                               scale.data(), dlogits.data());
        run.result(dlogits);
      });
}
template void check_softmax(Suite<float>&);

}  // namespace fovea::selftest_detail
