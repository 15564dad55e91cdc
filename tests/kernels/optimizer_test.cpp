#include <array>
#include <cmath>

#include "comparison.hpp"
#include "support/values.hpp"

namespace fovea {
namespace {

using kernels::AdamWStep, kernels::AdamWUpdate;
using kernels::Context;
using kernels::SgdStep, kernels::SgdUpdate;
using test::converted, test::on_any_threads, test::oracle, test::random_values;

constexpr std::int64_t kCounts[] = {0, 1, 5, 15, 16, 17, 100, 40001};

/// Velocity and, behind it, weight after one step.
template <class T>
std::vector<T> sgd(const kernels::TypedKernels<T>& kernels, Context& context, const SgdStep& step, const std::vector<T>& gradient,
                   std::vector<T> velocity, std::vector<T> weight) {
  const SgdUpdate<T> update{static_cast<std::int64_t>(gradient.size()), gradient.data(), velocity.data(), weight.data(), step};
  kernels.optimizer.sgd(context, 1, &update);
  velocity.insert(velocity.end(), weight.begin(), weight.end());
  return velocity;
}

/// First moment, second moment and weight after one step, one behind the other.
template <class T>
std::vector<T> adamw(const kernels::TypedKernels<T>& kernels, Context& context, const AdamWStep& step, const std::vector<T>& gradient,
                     std::vector<T> first, std::vector<T> second, std::vector<T> weight) {
  const AdamWUpdate<T> update{
      static_cast<std::int64_t>(gradient.size()), gradient.data(), first.data(), second.data(), weight.data(), step};
  kernels.optimizer.adamw(context, 1, &update);
  first.insert(first.end(), second.begin(), second.end());
  first.insert(first.end(), weight.begin(), weight.end());
  return first;
}

TEST(Optimizer, HandWorkedSgd) {
  // Every number is exact in binary: rate 1/2, momentum 1/2, decay 1/4, gradients 2 then 1, weight 4.
  for (const auto& [name, kernels] : test::f32_kernels()) {
    SCOPED_TRACE(name);
    Context context(1);
    // g' = 2 + 4/4 = 3; v = 3; w = 4 - 3/2 = 2.5.
    auto state = sgd<float>(kernels, context, {0.5, 0.5, 0, 0.25, false, true}, {2}, {NAN}, {4});
    EXPECT_EQ(state, (std::vector<float>{3, 2.5}));
    // g' = 1 + 2.5/4 = 1.625; v = 1.5 + 1.625 = 3.125; w = 2.5 - 1.5625.
    state = sgd<float>(kernels, context, {0.5, 0.5, 0, 0.25, false, false}, {1}, {3}, {2.5});
    EXPECT_EQ(state, (std::vector<float>{3.125, 0.9375}));
    // Dampening 1/2: v = 1.5 + 0.8125 = 2.3125; w = 2.5 - 1.15625.
    state = sgd<float>(kernels, context, {0.5, 0.5, 0.5, 0.25, false, false}, {1}, {3}, {2.5});
    EXPECT_EQ(state, (std::vector<float>{2.3125, 1.34375}));
    // Nesterov: v = 3.125, direction 1.625 + 1.5625 = 3.1875; w = 2.5 - 1.59375.
    state = sgd<float>(kernels, context, {0.5, 0.5, 0, 0.25, true, false}, {1}, {3}, {2.5});
    EXPECT_EQ(state, (std::vector<float>{3.125, 0.90625}));
  }
}

TEST(Optimizer, SgdWithoutMomentumHasNoVelocity) {
  for (const auto& [name, kernels] : test::f32_kernels()) {
    Context context(1);
    const std::vector<float> gradient{2, -4};
    std::vector<float> weight{1, 1};
    const SgdUpdate<float> update{2, gradient.data(), nullptr, weight.data(), {0.25, 0, 0, 0, false, false}};
    kernels.optimizer.sgd(context, 1, &update);
    EXPECT_EQ(weight, (std::vector<float>{0.5, 2})) << name;
  }
}

TEST(Optimizer, HandWorkedAdamW) {
  // beta1 = beta2 = 1/2, rate 1/2, decay 1/4, epsilon 1, gradient 2, weight 8, first step: both corrections are 1/2.
  // w = 8 - 8/8 = 7; m = 1, m/c = 2; v = 2, v/c = 4, root 2; w = 7 - 0.5 * 2 / 3 = 6.6666...
  const AdamWStep first{0.5, 0.5, 0.5, 1, 0.25, 0.5, 0.5};
  // Second step, gradient 4, corrections 3/4, from weight 8: m = 0.5 + 2 = 2.5, m/c = 10/3; v = 1 + 8 = 9, v/c = 12;
  // w = 7 - 0.5 * (10/3) / (sqrt(12) + 1) = 6.626660...
  const AdamWStep second{0.5, 0.5, 0.5, 1, 0.25, 0.75, 0.75};
  for (const auto& [name, kernels] : test::f32_kernels()) {
    SCOPED_TRACE(name);
    Context context(1);
    const auto one = adamw<float>(kernels, context, first, {2}, {0}, {0}, {8});
    EXPECT_EQ(one[0], 1);
    EXPECT_EQ(one[1], 2);
    EXPECT_NEAR(one[2], 20.0 / 3, 1e-6);
    const auto two = adamw<float>(kernels, context, second, {4}, {1}, {2}, {8});
    EXPECT_EQ(two[0], 2.5);
    EXPECT_EQ(two[1], 9);
    EXPECT_NEAR(two[2], 7 - 5.0 / 3 / (std::sqrt(12.0) + 1), 1e-6);
  }
}

TEST(Optimizer, SgdIsTheReferences) {
  const SgdStep steps[] = {{0.1, 0.9, 0, 1e-2, false, true},
                           {0.1, 0.9, 0, 1e-2, false, false},
                           {0.1, 0.9, 0.3, 1e-2, false, false},
                           {0.1, 0.9, 0, 1e-2, true, false},
                           {0.1, 0, 0, 1e-2, false, false}};
  for (const auto& [name, kernels] : test::f32_kernels())
    for (const SgdStep& step : steps)
      for (const std::int64_t count : kCounts) {
        SCOPED_TRACE(std::string(name) + ", " + std::to_string(count));
        const auto g = random_values<float>(count, 1), v = random_values<float>(count, 2), w = random_values<float>(count, 3);
        Context context(1);
        const auto state = on_any_threads([&](Context& any) { return sgd(kernels, any, step, g, v, w); });
        const auto expected = sgd(oracle(), context, step, converted<double>(g), converted<double>(v), converted<double>(w));
        test::expect_close(state, expected, std::vector<double>(expected.size(), 2.0), 2e-7);
      }
}

TEST(Optimizer, AdamWIsTheReferences) {
  const AdamWStep step{1e-3, 0.9, 0.999, 1e-8, 1e-2, 1 - std::pow(0.9, 3), 1 - std::pow(0.999, 3)};
  for (const auto& [name, kernels] : test::f32_kernels())
    for (const std::int64_t count : kCounts) {
      SCOPED_TRACE(std::string(name) + ", " + std::to_string(count));
      const auto g = random_values<float>(count, 1), m = random_values<float>(count, 2), w = random_values<float>(count, 4);
      const auto v = test::absolute(random_values<float>(count, 3));
      Context context(1);
      const auto state = on_any_threads([&](Context& any) { return adamw(kernels, any, step, g, m, v, w); });
      const auto expected =
          adamw(oracle(), context, step, converted<double>(g), converted<double>(m), converted<double>(v), converted<double>(w));
      test::expect_close(state, expected, std::vector<double>(expected.size(), 1.0), 3e-7);
    }
}

/// The other optimisers: gradient, three states and weight as arrays[0] to arrays[4], and one step of each kind on them.
template <class T>
using Arrays = std::array<std::vector<T>, 5>;

constexpr int kOtherSteps = 11;

template <class T>
void other_step(const kernels::TypedKernels<T>& kernels, Context& context, int kind, Arrays<T>& a) {
  const auto count = static_cast<std::int64_t>(a[0].size());
  const T* g = a[0].data();
  T *s0 = a[1].data(), *s1 = a[2].data(), *s2 = a[3].data(), *w = a[4].data();
  const auto adam = [&](T* largest, bool in_root) {
    const kernels::AdamUpdate<T> update{count, g, s0, s1, largest, w, {1e-3, 0.9, 0.99, 1e-4, 1e-2, 0.271, 0.0297, in_root}};
    kernels.optimizer.adam(context, 1, &update);
  };
  const auto rmsprop = [&](T* average, T* velocity) {
    const kernels::RmspropUpdate<T> update{count, g, s0, average, velocity, w, {1e-2, 0.9, 1e-2, velocity == nullptr ? 0.0 : 0.8, 1e-2}};
    kernels.optimizer.rmsprop(context, 1, &update);
  };
  const auto sgd = [&](bool nesterov, bool first) {
    const SgdUpdate<T> update{count, g, s0, w, {0.1, 0.9, 0, 1e-2, nesterov, first, true}};
    kernels.optimizer.sgd(context, 1, &update);
  };
  const kernels::AdagradUpdate<T> adagrad{count, g, s0, w, {1e-2, 1e-3, 1e-2}};
  const kernels::AdadeltaUpdate<T> adadelta{count, g, s0, s1, w, {0.5, 0.9, 1e-3, 1e-2}};
  switch (kind) {
    case 0:
      return adam(nullptr, false);
    case 1:
      return adam(nullptr, true);
    case 2:
      return adam(s2, false);
    case 3:
      return kernels.optimizer.adagrad(context, 1, &adagrad);
    case 4:
      return rmsprop(nullptr, nullptr);
    case 5:
      return rmsprop(s1, nullptr);
    case 6:
      return rmsprop(s1, s2);
    case 7:
      return kernels.optimizer.adadelta(context, 1, &adadelta);
    case 8:
      return sgd(false, true);
    case 9:
      return sgd(false, false);
    default:
      return sgd(true, false);
  }
}

TEST(Optimizer, TheOthersAreTheReferences) {
  for (const auto& [name, kernels] : test::f32_kernels())
    for (int kind = 0; kind < kOtherSteps; ++kind)
      for (const std::int64_t count : kCounts) {
        SCOPED_TRACE(std::string(name) + ", kind " + std::to_string(kind) + ", " + std::to_string(count));
        Arrays<float> arrays;
        for (std::size_t i = 0; i < arrays.size(); ++i) arrays[i] = random_values<float>(count, i);
        for (float& s : arrays[1]) s = std::abs(s) + 1;  // well above the square of the average, whose difference is then exact enough
        if (kind == 5 || kind == 6)
          for (float& average : arrays[2]) average /= 2;
        if (kind < 3 || kind == 7) arrays[2] = test::absolute(arrays[2]);
        arrays[3] = test::absolute(arrays[3]);
        const auto run = [kind]<class T>(const kernels::TypedKernels<T>& tested, Context& context, Arrays<T> a) {
          other_step(tested, context, kind, a);
          std::vector<T> all;
          for (std::size_t i = 1; i < a.size(); ++i) all.insert(all.end(), a[i].begin(), a[i].end());
          return all;
        };
        Arrays<double> wide;
        for (std::size_t i = 0; i < arrays.size(); ++i) wide[i] = converted<double>(arrays[i]);
        const auto& tested = kernels;
        Context context(1);
        const auto state = on_any_threads([&](Context& any) { return run(tested, any, arrays); });
        const auto expected = run(oracle(), context, wide);
        test::expect_close(state, expected, std::vector<double>(expected.size(), 2.0), 3e-7);
        if (count > 0) {
          EXPECT_NE(state.back(), arrays[4].back());
        }
      }
}

TEST(Optimizer, ACentredMomentThatRoundsBelowZeroCountsAsZero) {
  for (const auto& [name, kernels] : test::f32_kernels()) {
    Context context(1);
    const std::vector<float> gradient{1};
    std::vector<float> square{0.99F}, average{1}, weight{1};
    const kernels::RmspropUpdate<float> update{1,       gradient.data(), square.data(),      average.data(),
                                               nullptr, weight.data(),   {0.5, 0.5, 1, 0, 0}};
    kernels.optimizer.rmsprop(context, 1, &update);
    EXPECT_EQ(weight[0], 0.5F) << name;
  }
}

/// Parameters of many sizes with the arrays that belong to them, `slots` each.
struct ParameterSet {
  explicit ParameterSet(int slots) {
    const std::int64_t counts[] = {3, 0, 1, 64, 40001, 17, 1, 1, 70000, 5, 32768, 2};
    std::uint64_t seed = 0;
    for (const std::int64_t count : counts) {
      gradients.push_back(random_values<float>(count, ++seed));
      weights.push_back(random_values<float>(count, ++seed));
      for (int slot = 0; slot < slots; ++slot) states.push_back(test::absolute(random_values<float>(count, ++seed)));
    }
  }
  std::vector<float> all() const {
    std::vector<float> result;
    for (const auto* arrays : {&weights, &states})
      for (const auto& array : *arrays) result.insert(result.end(), array.begin(), array.end());
    return result;
  }
  std::vector<std::vector<float>> gradients, weights, states;
};

TEST(Optimizer, ManyUpdatesAreTheirSingleOnesToTheBit) {
  for (const auto& [name, kernels] : test::f32_kernels()) {
    SCOPED_TRACE(name);
    const auto run = [&kernels = kernels](Context& context, bool single, bool adam) {
      ParameterSet set(adam ? 2 : 1);
      std::vector<SgdUpdate<float>> sgds;
      std::vector<AdamWUpdate<float>> adamws;
      for (std::size_t i = 0; i < set.weights.size(); ++i) {
        const double factor = 1 + static_cast<double>(i);  // every parameter has a step of its own
        const auto count = static_cast<std::int64_t>(set.weights[i].size());
        if (adam)
          adamws.push_back({count,
                            set.gradients[i].data(),
                            set.states[2 * i].data(),
                            set.states[2 * i + 1].data(),
                            set.weights[i].data(),
                            {1e-3 * factor, 0.9, 0.999, 1e-8, 1e-2, 0.1, 0.001}});
        else
          sgds.push_back({count,
                          set.gradients[i].data(),
                          set.states[i].data(),
                          set.weights[i].data(),
                          {0.01 * factor, 0.9, 0, 1e-2, false, i % 2 == 0}});
      }
      const auto updates = static_cast<std::int64_t>(set.weights.size());
      if (!single) {
        adam ? kernels.optimizer.adamw(context, updates, adamws.data()) : kernels.optimizer.sgd(context, updates, sgds.data());
      } else {
        for (const auto& update : sgds) kernels.optimizer.sgd(context, 1, &update);
        for (const auto& update : adamws) kernels.optimizer.adamw(context, 1, &update);
      }
      return set.all();
    };
    Context context(1);
    for (const bool adam : {false, true}) {
      const auto together = on_any_threads([&](Context& any) { return run(any, false, adam); });
      EXPECT_TRUE(test::same_bits(together, run(context, true, adam))) << (adam ? "adamw" : "sgd");
      EXPECT_FALSE(test::same_bits(together, ParameterSet(adam ? 2 : 1).all()));
    }
    kernels.optimizer.sgd(context, 0, nullptr);
    kernels.optimizer.adamw(context, 0, nullptr);
  }
}

TEST(Optimizer, StepsGoDownhill) {
  // The minimum of (w - 3)^2, by both.
  const auto& kernels = kernels::cpu_table(active_isa()).f32;
  Context context(1);
  std::vector<float> weight{0}, velocity{0};
  for (int t = 0; t < 200; ++t) {
    const std::vector<float> gradient{2 * (weight[0] - 3)};
    const SgdUpdate<float> update{1, gradient.data(), velocity.data(), weight.data(), {0.05, 0.9, 0, 0, true, t == 0}};
    kernels.optimizer.sgd(context, 1, &update);
  }
  EXPECT_NEAR(weight[0], 3, 1e-3);
  std::vector<float> first{0}, second{0};
  weight = {0};
  for (int t = 1; t <= 2000; ++t) {
    const std::vector<float> gradient{2 * (weight[0] - 3)};
    const AdamWStep step{0.05, 0.9, 0.999, 1e-8, 0, 1 - std::pow(0.9, t), 1 - std::pow(0.999, t)};
    const AdamWUpdate<float> update{1, gradient.data(), first.data(), second.data(), weight.data(), step};
    kernels.optimizer.adamw(context, 1, &update);
  }
  EXPECT_NEAR(weight[0], 3, 1e-2);
}

}  // namespace
}  // namespace fovea
