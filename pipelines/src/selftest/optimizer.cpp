#include "selftest/suite.hpp"

namespace fovea::selftest_detail {

namespace {

struct SgdCase {
  std::int64_t count;
  kernels::SgdStep step;
};
constexpr SgdCase kSgds[] = {{40001, {0.1, 0.9, 0, 1e-2, false, true}},
                             {40001, {0.1, 0.9, 0.3, 1e-2, false, false}},
                             {17, {0.1, 0.9, 0, 1e-2, true, false}},
                             {1, {0.1, 0, 0, 0, false, false}},
                             {0, {0.1, 0, 0, 0, false, false}}};

}  // namespace

template <class T>
void check_optimizer(Suite<T>& suite) {
  // Two updates at a time, as a network has several parameters.
  suite.check(
      "optimizer.sgd", {}, kSgds, [](const auto& kernels) { return kernels.optimizer.sgd; },
      [](auto& run, const auto& kernels, const SgdCase& s) {
        const auto gradient = run.values(s.count + 3);
        auto velocity = run.values(s.count + 3), weight = run.values(s.count + 3);
        using Update = kernels::SgdUpdate<typename decltype(velocity)::value_type>;
        const Update updates[] = {{3, gradient.data(), velocity.data(), weight.data(), s.step},
                                  {s.count, gradient.data() + 3, velocity.data() + 3, weight.data() + 3, s.step}};
        kernels.optimizer.sgd(run.context(), 2, updates);
        run.result(velocity);
        run.result(weight);
      });
  suite.check(
      "optimizer.adamw", {}, kCounts, [](const auto& kernels) { return kernels.optimizer.adamw; },
      [](auto& run, const auto& kernels, std::int64_t count) {
        const auto gradient = run.values(count + 3);
        auto first = run.values(count + 3), second = run.values(count + 3), weight = run.values(count + 3);
        for (auto& value : second) value = value * value;
        const kernels::AdamWStep step{1e-2, 0.9, 0.999, 1e-8, 1e-2, 0.271, 0.003};
        using Update = kernels::AdamWUpdate<typename decltype(first)::value_type>;
        const Update updates[] = {{3, gradient.data(), first.data(), second.data(), weight.data(), step},
                                  {count, gradient.data() + 3, first.data() + 3, second.data() + 3, weight.data() + 3, step}};
        kernels.optimizer.adamw(run.context(), 2, updates);
        run.result(first);
        run.result(second);
        run.result(weight);
      });
}
template void check_optimizer(Suite<float>&);

}  // namespace fovea::selftest_detail
