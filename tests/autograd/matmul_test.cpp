#include "fovea/autograd/ops/matmul.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "fovea/base/error.hpp"
#include "tensors.hpp"

namespace fovea {
namespace {

using test::uniform;
using testing::HasSubstr;
using testing::ThrowsMessage;

struct Extents {
  std::int64_t m, n, k;
};
const Extents kExtents[] = {{1, 1, 1}, {3, 5, 7}, {17, 2, 9}, {1, 33, 4}, {6, 1, 31}, {0, 3, 2}, {3, 0, 2}};
const MatmulOptions kTransposes[] = {{false, false}, {false, true}, {true, false}, {true, true}};

Tensor operand(std::int64_t rows, std::int64_t columns, bool transposed, std::uint64_t seed) {
  return transposed ? uniform({columns, rows}, seed) : uniform({rows, columns}, seed);
}

double element(const Tensor& x, bool transposed, std::int64_t row, std::int64_t column) {
  return x.data<double>()[transposed ? column * x.extent(1) + row : row * x.extent(1) + column];
}

std::vector<double> oracle(const Tensor& a, const Tensor& b, MatmulOptions options, const Extents& e) {
  std::vector<double> y;
  for (std::int64_t i = 0; i < e.m; ++i)
    for (std::int64_t j = 0; j < e.n; ++j) {
      double sum = 0;
      for (std::int64_t l = 0; l < e.k; ++l) sum += element(a, options.transpose_a, i, l) * element(b, options.transpose_b, l, j);
      y.push_back(sum);
    }
  return y;
}

TEST(Matmul, ForwardAndGradientsForEveryTranspose) {
  for (const Extents& e : kExtents)
    for (const MatmulOptions& options : kTransposes) {
      SCOPED_TRACE(testing::Message() << e.m << " " << e.n << " " << e.k << " " << options.transpose_a << options.transpose_b);
      const Tensor a = operand(e.m, e.k, options.transpose_a, 1), b = operand(e.k, e.n, options.transpose_b, 2);
      EXPECT_TRUE(test::near(matmul(Variable(a), Variable(b), options).value(), oracle(a, b, options, e), Shape{e.m, e.n}, 1e-14));
      const auto f = [&](const auto& in) { return matmul(in[0], in[1], options); };
      EXPECT_TRUE(test::gradients_match(f, {a, b}));
      EXPECT_TRUE(test::f32_follows_f64(f, {a, b}));
    }
}

/// Every matrix of a batch is multiplied as it is alone.
TEST(Matmul, OfBatches) {
  for (const std::int64_t batch : {0, 1, 3})
    for (const Extents& e : kExtents)
      for (const MatmulOptions& options : kTransposes) {
        SCOPED_TRACE(testing::Message() << batch << " of " << e.m << " " << e.n << " " << e.k << " " << options.transpose_a
                                        << options.transpose_b);
        const Shape a_shape = options.transpose_a ? Shape{batch, e.k, e.m} : Shape{batch, e.m, e.k};
        const Shape b_shape = options.transpose_b ? Shape{batch, e.n, e.k} : Shape{batch, e.k, e.n};
        const Tensor a = uniform(a_shape, 1), b = uniform(b_shape, 2);
        std::vector<double> expected;
        for (std::int64_t i = 0; i < batch; ++i) {
          const Tensor ai = a.slice(i, i + 1).reshape({a_shape[1], a_shape[2]}), bi = b.slice(i, i + 1).reshape({b_shape[1], b_shape[2]});
          const auto y = oracle(ai, bi, options, e);
          expected.insert(expected.end(), y.begin(), y.end());
        }
        EXPECT_TRUE(test::near(matmul(Variable(a), Variable(b), options).value(), expected, Shape{batch, e.m, e.n}, 1e-14));
        const auto f = [&](const auto& in) { return matmul(in[0], in[1], options); };
        EXPECT_TRUE(test::gradients_match(f, {a, b}));
        EXPECT_TRUE(test::f32_follows_f64(f, {a, b}));
      }
  const Variable two(Tensor::zeros({2, 3, 4})), three(Tensor::zeros({3, 4, 5}));
  EXPECT_THAT([&] { matmul(two, three); }, ThrowsMessage<ShapeError>(HasSubstr("[matmul] [2,3,4] times [3,4,5]: the batches differ")));
  EXPECT_THAT([&] { matmul(two, two); }, ThrowsMessage<ShapeError>(HasSubstr("the inner extents differ")));
  EXPECT_THAT(
      [&] {
        matmul(two, Variable(Tensor::zeros({4, 5})));
      },
      ThrowsMessage<ShapeError>(HasSubstr("[matmul] the second input wants 3 axes [batch, rows, columns]")));
}

TEST(Matmul, AnEmptyInnerExtentGivesZeros) {
  for (const MatmulOptions& options : kTransposes) {
    const Variable a(operand(2, 0, options.transpose_a, 1), true), b(operand(0, 3, options.transpose_b, 2), true);
    const Variable y = matmul(a, b, options);
    EXPECT_EQ(y.value().to_vector<double>(), std::vector<double>(6, 0.0));
    backward(y, uniform({2, 3}, 3));
    EXPECT_EQ(a.grad().shape(), a.shape());
    EXPECT_EQ(b.grad().shape(), b.shape());
  }
}

TEST(Matmul, EmptyRowsGiveZeroGradients) {
  const Variable a(Tensor::zeros({0, 3}, DType::f64), true), b(uniform({3, 2}, 1), true);
  backward(matmul(a, b), Tensor::zeros({0, 2}, DType::f64));
  EXPECT_THAT(b.grad().to_vector<double>(), testing::Each(0));
}

TEST(Matmul, ExactOnIntegersInF32) {
  for (const MatmulOptions& options : kTransposes) {
    const Extents e{37, 29, 70};
    const Tensor a = test::integers(options.transpose_a ? Shape{70, 37} : Shape{37, 70}, 1);
    const Tensor b = test::integers(options.transpose_b ? Shape{29, 70} : Shape{70, 29}, 2);
    EXPECT_EQ(test::values_of(matmul(Variable(a.to(DType::f32)), Variable(b.to(DType::f32)), options).value()), oracle(a, b, options, e));
  }
}

TEST(Matmul, AMatrixTimesItself) {
  EXPECT_TRUE(test::gradients_match([](const auto& in) { return matmul(in[0], in[0]); }, {uniform({5, 5}, 1)}));
  EXPECT_TRUE(test::gradients_match([](const auto& in) { return matmul(in[0], in[0], {.transpose_a = true}); }, {uniform({3, 5}, 1)}));
}

TEST(Matmul, RefusesWhatDoesNotFit) {
  const Variable a(Tensor::zeros({2, 3})), b(Tensor::zeros({2, 3})), cube(Tensor::zeros({2, 3, 4}));
  EXPECT_THAT([&] { matmul(a, b); }, ThrowsMessage<ShapeError>(HasSubstr("[matmul] [2,3] times [2,3]: the inner extents differ")));
  EXPECT_THAT([&] { matmul(a, b, {.transpose_a = true, .transpose_b = true}); },
              ThrowsMessage<ShapeError>(HasSubstr("[matmul] [2,3] transposed times [2,3] transposed: the inner extents differ")));
  EXPECT_THAT([&] { matmul(cube, b); },
              ThrowsMessage<ShapeError>(HasSubstr("[matmul] the second input wants 3 axes [batch, rows, columns], found [2,3]")));
  EXPECT_THAT([&] { matmul(a, cube); }, ThrowsMessage<ShapeError>(HasSubstr("[matmul] the second input wants 2 axes")));
  EXPECT_THAT(
      [&] {
        matmul(a, Variable(Tensor::zeros({3, 2}, DType::f64)));
      },
      ThrowsMessage<ShapeError>(HasSubstr("[matmul] the second input has type f64, expected f32")));
  EXPECT_THAT(
      [&] {
        matmul(Variable(Tensor::zeros({2, 3}, DType::i64)), b);
      },
      ThrowsMessage<ShapeError>(HasSubstr("[matmul] wants f32, f64 or bf16, found i64")));
  EXPECT_THAT([&] { matmul(a, {}); }, ThrowsMessage<ShapeError>(HasSubstr("[matmul] input 1 is undefined")));
}

}  // namespace
}  // namespace fovea
