#include "selftest/suite.hpp"

namespace fovea::selftest_detail {

namespace {

using kernels::MatmulShape;

struct Product {
  std::int64_t m, n, k;
  bool transpose_a = false, transpose_b = false;
  std::int64_t gap = 0;  ///< elements between rows

  MatmulShape shape() const {
    return {.m = m,
            .n = n,
            .k = k,
            .transpose_a = transpose_a,
            .transpose_b = transpose_b,
            .a_stride = (transpose_a ? m : k) + gap,
            .b_stride = (transpose_b ? k : n) + gap,
            .y_stride = n + gap};
  }
};

constexpr Product kProducts[] = {{1, 1, 1},
                                 {0, 5, 3},
                                 {3, 4, 0},
                                 {17, 31, 13, false, false, 5},
                                 {17, 31, 13, true, false},
                                 {17, 31, 13, false, true},
                                 {17, 31, 13, true, true, 3},
                                 {64, 96, 500},
                                 {129, 65, 257, true, false},
                                 {5, 200, 1031, false, true}};

}  // namespace

template <class T>
void check_matmul(Suite<T>& suite) {
  suite.check(
      "matmul.forward", {.scale = Scale::terms}, kProducts, [](const auto& kernels) { return kernels.matmul.forward; },
      [](auto& run, const auto& kernels, const Product& product) {
        const MatmulShape s = product.shape();
        const auto a = run.values((s.transpose_a ? s.k : s.m) * s.a_stride), b = run.values((s.transpose_b ? s.n : s.k) * s.b_stride);
        const auto bias = run.weights(s.n);
        auto y = run.empty_weights(s.m * s.y_stride);
        void* const workspace = run.scratch(kernels.matmul.workspace_bytes(run.context(), s));
        kernels.matmul.forward(run.context(), s, a.data(), b.data(), {.bias = bias.data()}, y.data(), workspace);
        run.result(y);
      });
}
template void check_matmul(Suite<float>&);
template void check_matmul(Suite<bf16>&);

}  // namespace fovea::selftest_detail
