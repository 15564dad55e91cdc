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
                             {1000, {0.1, 0.9, 0, 1e-2, false, false, true}},
                             {17, {0.1, 0.9, 0, 1e-2, true, false, true}},
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
  suite.check(
      "optimizer.adam", {}, kCounts, [](const auto& kernels) { return kernels.optimizer.adam; },
      [](auto& run, const auto& kernels, std::int64_t count) {
        const auto gradient = run.values(count + 3);
        auto first = run.values(count + 3), second = run.values(count + 3), largest = run.values(count + 3), weight = run.values(count + 3);
        for (auto& value : second) value = value * value;
        for (auto& value : largest) value = value * value;
        const kernels::AdamStep step{1e-2, 0.9, 0.999, 1e-6, 1e-2, 0.271, 0.003, true};
        using Update = kernels::AdamUpdate<typename decltype(first)::value_type>;
        const Update updates[] = {
            {3, gradient.data(), first.data(), second.data(), nullptr, weight.data(), step},
            {count, gradient.data() + 3, first.data() + 3, second.data() + 3, largest.data() + 3, weight.data() + 3, step}};
        kernels.optimizer.adam(run.context(), 2, updates);
        for (const auto* result : {&first, &second, &largest, &weight}) run.result(*result);
      });
  suite.check(
      "optimizer.adagrad", {}, kCounts, [](const auto& kernels) { return kernels.optimizer.adagrad; },
      [](auto& run, const auto& kernels, std::int64_t count) {
        const auto gradient = run.values(count);
        auto squares = run.values(count), weight = run.values(count);
        for (auto& value : squares) value = value * value;
        using Update = kernels::AdagradUpdate<typename decltype(weight)::value_type>;
        const Update update{count, gradient.data(), squares.data(), weight.data(), {1e-2, 1e-4, 1e-2}};
        kernels.optimizer.adagrad(run.context(), 1, &update);
        run.result(squares);
        run.result(weight);
      });
  suite.check(
      "optimizer.rmsprop", {}, kCounts, [](const auto& kernels) { return kernels.optimizer.rmsprop; },
      [](auto& run, const auto& kernels, std::int64_t count) {
        const auto gradient = run.values(count);
        auto squares = run.values(count), average = run.values(count), velocity = run.values(count), weight = run.values(count);
        for (auto& value : squares) value = value * value + 1;  // well above the square of the average
        for (auto& value : average) value = value / 2;
        using Update = kernels::RmspropUpdate<typename decltype(weight)::value_type>;
        const Update update{
            count, gradient.data(), squares.data(), average.data(), velocity.data(), weight.data(), {1e-2, 0.9, 1e-4, 0.9, 1e-2}};
        kernels.optimizer.rmsprop(run.context(), 1, &update);
        for (const auto* result : {&squares, &average, &velocity, &weight}) run.result(*result);
      });
  suite.check(
      "optimizer.adadelta", {}, kCounts, [](const auto& kernels) { return kernels.optimizer.adadelta; },
      [](auto& run, const auto& kernels, std::int64_t count) {
        const auto gradient = run.values(count);
        auto squares = run.values(count), deltas = run.values(count), weight = run.values(count);
        for (auto& value : squares) value = value * value;
        for (auto& value : deltas) value = value * value;
        using Update = kernels::AdadeltaUpdate<typename decltype(weight)::value_type>;
        const Update update{count, gradient.data(), squares.data(), deltas.data(), weight.data(), {0.5, 0.9, 1e-4, 1e-2}};
        kernels.optimizer.adadelta(run.context(), 1, &update);
        for (const auto* result : {&squares, &deltas, &weight}) run.result(*result);
      });
}
template void check_optimizer(Suite<float>&);

}  // namespace fovea::selftest_detail
