#include "fovea/autograd/ops/matmul.hpp"

#include <fmt/format.h>

#include "fovea/autograd/function.hpp"
#include "fovea/base/error.hpp"
#include "fovea/kernels/trace.hpp"
#include "ops/checks.hpp"
#include "ops/convert.hpp"
#include "ops/kernel_call.hpp"

namespace fovea {

namespace {

/// op(a) op(b), matrix by matrix
Tensor product(const Tensor& a, bool transpose_a, const Tensor& b, bool transpose_b) {
  const kernels::MatmulShape shape{.m = a.extent(transpose_a ? -1 : -2),
                                   .n = b.extent(transpose_b ? -2 : -1),
                                   .k = a.extent(transpose_a ? -2 : -1),
                                   .transpose_a = transpose_a,
                                   .transpose_b = transpose_b,
                                   .a_stride = a.extent(-1),
                                   .b_stride = b.extent(-1),
                                   .y_stride = b.extent(transpose_b ? -2 : -1)};
  const bool is_batch = a.rank() == 3;
  const std::int64_t batch = is_batch ? a.extent(0) : 1;
  Tensor y = Tensor::empty(is_batch ? Shape{batch, shape.m, shape.n} : Shape{shape.m, shape.n}, weight_type_of(a.dtype()));
  dispatch_activation(a.dtype(), "matmul", [&]<class T>() {
    kernels::Context& context = kernels::Context::current();
    const auto& matmul = kernels_for<T>(a).matmul;
    void* workspace = context.workspace(matmul.workspace_bytes(context, shape));
    for (std::int64_t i = 0; i < batch; ++i) {
      const kernels::Trace trace(kernels::TraceLevel::kernels);
      matmul.forward(context, shape, a.data<T>() + i * shape.m * shape.k, b.data<T>() + i * shape.k * shape.n, {},
                     y.mutable_data<kernels::WeightOf<T>>() + i * shape.m * shape.n, workspace);
      if (trace) trace.print(describe(shape, a.dtype(), kernels::table(a.device()).name), operations_of(shape));
    }
  });
  return convert(y, a.dtype());
}

class Matmul final : public Function {
 public:
  explicit Matmul(MatmulOptions options) : ta_(options.transpose_a), tb_(options.transpose_b) {}
  const char* name() const override { return "matmul"; }
  Attributes attributes() const override { return {{"transpose_a", ta_}, {"transpose_b", tb_}}; }

  std::vector<TensorSpec> infer(std::span<const TensorSpec> in) const override {
    check_activation(name(), in[0]);
    check_same_dtype(name(), "the second input", in[1], in[0]);
    const Shape &a = in[0].shape, &b = in[1].shape;
    const bool is_batch = a.rank() == 3;
    const char* const axes = is_batch ? "[batch, rows, columns]" : "[rows, columns]";
    check_rank(name(), "the first input", in[0], is_batch ? 3 : 2, axes);
    check_rank(name(), "the second input", in[1], is_batch ? 3 : 2, axes);
    if (is_batch && a[0] != b[0]) throw ShapeError(fmt::format("[matmul] {} times {}: the batches differ", a.to_string(), b.to_string()));
    if (a.at(ta_ ? -2 : -1) != b.at(tb_ ? -1 : -2))
      throw ShapeError(fmt::format("[matmul] {}{} times {}{}: the inner extents differ", a.to_string(), ta_ ? " transposed" : "",
                                   b.to_string(), tb_ ? " transposed" : ""));
    const std::int64_t rows = a.at(ta_ ? -1 : -2), columns = b.at(tb_ ? -2 : -1);
    return {{is_batch ? Shape{a[0], rows, columns} : Shape{rows, columns}, in[0].dtype}};
  }

  std::vector<Tensor> forward(std::span<const Tensor> in, std::span<const TensorSpec>) override {
    if (needs_gradient(1)) a_ = SavedTensor(in[0]);
    if (needs_gradient(0)) b_ = SavedTensor(in[1]);
    return {product(in[0], ta_, in[1], tb_)};
  }

  // With A = op(a), B = op(b): dA = dy B^T, dB = A^T dy; a transposed operand takes the transposed product.
  std::vector<Tensor> backward(std::span<const Tensor> dy) override {
    Tensor da, db;
    if (needs_gradient(0)) {
      const Tensor& b = b_.get(name());
      da = ta_ ? product(b, tb_, dy[0], true) : product(dy[0], false, b, !tb_);
    }
    if (needs_gradient(1)) {
      const Tensor& a = a_.get(name());
      db = tb_ ? product(dy[0], true, a, ta_) : product(a, !ta_, dy[0], false);
    }
    return {da, db};
  }

 private:
  bool ta_, tb_;
  SavedTensor a_, b_;
};

}  // namespace

Variable matmul(const Variable& a, const Variable& b, MatmulOptions options) { return apply_one(std::make_unique<Matmul>(options), a, b); }

}  // namespace fovea
