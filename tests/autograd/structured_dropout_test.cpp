// spatial_dropout and stochastic_depth.
#include "fovea/autograd/ops/structured_dropout.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <set>

#include "fovea/base/error.hpp"
#include "tensors.hpp"

namespace fovea {
namespace {

using testing::HasSubstr;
using testing::ThrowsMessage;

struct Case {
  const char* name;
  std::function<Variable(const Variable&, double, RandomStream&)> f;
  /// Elements with the same key are dropped together.
  std::function<std::int64_t(const Shape&, std::int64_t)> key;
};

const std::vector<Case>& cases() {
  static const std::vector<Case> list = {
      {"spatial_dropout", spatial_dropout, [](const Shape& s, std::int64_t i) { return i / (s.numel() / s[0]) * s.at(-1) + i % s.at(-1); }},
      {"stochastic_depth", [](const Variable& x, double p, RandomStream& r) { return stochastic_depth(x, p, StochasticDepthMode::row, r); },
       [](const Shape& s, std::int64_t i) { return i / (s.numel() / s[0]); }},
      {"stochastic_depth",
       [](const Variable& x, double p, RandomStream& r) { return stochastic_depth(x, p, StochasticDepthMode::batch, r); },
       [](const Shape&, std::int64_t) { return std::int64_t{0}; }}};
  return list;
}

TEST(StructuredDropout, DropsWhatBelongsTogether) {
  for (const auto& [name, f, key] : cases())
    for (const Shape& shape : {Shape{40, 3, 5, 7}, Shape{3, 2, 2, 33}, Shape{17, 6}})
      for (const std::uint64_t seed : {1, 2, 3, 4, 5}) {
        SCOPED_TRACE(std::string(name) + " of " + shape.to_string());
        RandomStream stream(seed);
        const Tensor y = f(Variable(Tensor::full(shape, 1, DType::f64)), 0.25, stream).value();
        std::vector<double> first(static_cast<std::size_t>(shape.numel()), -1);
        for (std::int64_t i = 0; i < y.numel(); ++i) {
          const double value = y.data<double>()[i];
          ASSERT_TRUE(value == 0 || value == 1 / 0.75);
          double& seen = first[static_cast<std::size_t>(key(shape, i))];
          if (seen < 0) seen = value;
          ASSERT_EQ(value, seen) << i;
        }
      }
}

/// Over many draws, each unit for itself: the share of what is dropped, within five deviations of a binomial share.
TEST(StructuredDropout, DropsTheGivenShare) {
  for (const double probability : {0.2, 0.6}) {
    RandomStream stream(7);
    const auto share = [&](const Tensor& y) {
      double zeros = 0;
      for (const double value : test::values_of(y)) zeros += value == 0;
      return zeros / static_cast<double>(y.numel());
    };
    const double allowed = 5 * std::sqrt(probability * (1 - probability) / 4000);
    EXPECT_NEAR(share(spatial_dropout(Variable(Tensor::full({40, 1, 1, 100}, 1)), probability, stream).value()), probability, allowed);
    EXPECT_NEAR(share(stochastic_depth(Variable(Tensor::full({4000, 1}, 1)), probability, StochasticDepthMode::row, stream).value()),
                probability, allowed);
    double dropped = 0;
    for (int i = 0; i < 4000; ++i)
      dropped += share(stochastic_depth(Variable(Tensor::full({2, 2}, 1)), probability, StochasticDepthMode::batch, stream).value());
    EXPECT_NEAR(dropped / 4000, probability, allowed);
  }
}

TEST(StructuredDropout, Gradients) {
  for (const auto& [name, f, key] : cases())
    for (const Shape& shape : {Shape{5, 3, 2, 7}, Shape{9, 4}, Shape{2, 3, 3, 1}, Shape{0, 2, 2, 3}}) {
      SCOPED_TRACE(std::string(name) + " of " + shape.to_string());
      const auto same = [&f = f](const auto& in) {
        RandomStream stream(3);
        return f(in[0], 0.3, stream);
      };
      EXPECT_TRUE(test::gradients_match(same, {test::uniform(shape, 1)}));
      EXPECT_TRUE(test::f32_follows_f64(same, {test::uniform(shape, 1)}));
    }
}

TEST(StructuredDropout, EqualStreamsDrawEqualMasks) {
  for (const auto& [name, f, key] : cases()) {
    const Variable x(Tensor::full({64, 2, 2, 16}, 1));
    RandomStream a(1), b(1);
    std::vector<double> means;
    for (int i = 0; i < 20; ++i) {
      const Tensor first = f(x, 0.5, a).value();
      EXPECT_TRUE(test::identical(first, f(x, 0.5, b).value())) << name;
      means.push_back(test::values_of(first).at(0));
    }
    EXPECT_EQ(std::set<double>(means.begin(), means.end()).size(), 2u) << name;  // dropped at times, kept at others
    RandomStream none(1);
    EXPECT_TRUE(f(x, 0, none).value().shares_storage_with(x.value()));
  }
}

TEST(StructuredDropout, Refuses) {
  for (const auto& [name, f, key] : cases()) {
    RandomStream stream(1);
    const auto& drop = f;
    const std::string prefix = "[" + std::string(name) + "] ";
    for (const double probability : {1.0, -0.1, std::nan("")})
      EXPECT_THAT(
          [&] {
            drop(Variable(Tensor::zeros({2, 3})), probability, stream);
          },
          ThrowsMessage<OptionError>(HasSubstr(prefix + "the probability is in [0, 1), found")));
    EXPECT_THAT([&] { drop({}, 0.5, stream); }, ThrowsMessage<ShapeError>(HasSubstr(prefix + "input 0 is undefined")));
    EXPECT_THAT(
        [&] {
          drop(Variable(Tensor::zeros({2, 3}, DType::u8)), 0.5, stream);
        },
        ThrowsMessage<ShapeError>(HasSubstr(prefix + "wants f32, f64 or bf16, found u8")));
    EXPECT_THAT([&] { drop(Variable(Tensor::zeros({})), 0.5, stream); }, ThrowsMessage<ShapeError>(HasSubstr("axes")));
  }
}

}  // namespace
}  // namespace fovea
