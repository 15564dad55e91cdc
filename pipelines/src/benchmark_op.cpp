#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "benchmark_runs.hpp"
#include "fovea/autograd/ops/conv2d_shape.hpp"
#include "fovea/base/error.hpp"
#include "fovea/kernels/kernel_table.hpp"
#include "fovea/kernels/trace.hpp"

namespace fovea {

namespace {

using kernels::Context;
using kernels::Conv2dPass;
using kernels::Conv2dShape;
using kernels::MatmulShape;

/// Checked by the operation itself, on no images.
Conv2dShape shape_of(const Conv2dBenchmark& wanted) {
  const auto& [input, filter, g, pass, precision, seed] = wanted;
  if (input.rank() != 4) throw OptionError(fmt::format("the input of conv2d is N,H,W,C, found {}", input.to_string()));
  if (filter.rank() != 3) throw OptionError(fmt::format("the filter of conv2d is K,R,S, found {}", filter.to_string()));
  if (std::any_of(input.begin(), input.end(), [](std::int64_t extent) { return extent < 1; }) || filter[0] < 1)
    throw OptionError(
        fmt::format("a benchmark wants an input and a filter with elements, found {} and {}", input.to_string(), filter.to_string()));
  if (g.groups < 1 || input[3] % g.groups != 0)
    throw OptionError(fmt::format("{} channels cannot be shared by {} groups", input[3], g.groups));
  const Shape cells{filter[0], filter[1], filter[2], input[3] / g.groups};
  const NoGradGuard no_grad;
  conv2d(Variable(Tensor::empty({0, input[1], input[2], input[3]})), Variable(Tensor::zeros(cells)), {}, g);
  return conv2d_shape(input, cells, g, pass != Conv2dPass::forward);
}

Json list_of(const Shape& shape) { return std::vector<std::int64_t>(shape.begin(), shape.end()); }

/// Runs on activations of type T.
template <class T>
BenchmarkResult run_conv2d(const Conv2dBenchmark& wanted, const Conv2dShape& shape, const BenchmarkBudget& budget) {
  using Weight = kernels::WeightOf<T>;
  const auto& conv = kernels::table().of<T>().conv2d;
  Context& context = Context::current();
  Tensor x = random_values(wanted.input, wanted.seed, 0).to(dtype_of<T>);
  Tensor filter = random_values({shape.k, shape.r, shape.s, shape.c / shape.groups}, wanted.seed, 1);
  Tensor y = random_values({shape.n, shape.p, shape.q, shape.k}, wanted.seed, 2).to(dtype_of<T>);
  Tensor packed;
  if (wanted.pass == Conv2dPass::forward) {
    packed = Tensor::empty({static_cast<std::int64_t>(conv.packed_filter_bytes(shape))}, DType::u8);
    conv.pack_filter(context, shape, filter.data<Weight>(), packed.raw_data());
  }
  void* workspace = context.workspace(conv.workspace_bytes(context, shape, wanted.pass));
  const auto body = [&] {
    switch (wanted.pass) {
      case Conv2dPass::forward:
        return conv.forward(context, shape, x.data<T>(), packed.raw_data(), {}, y.mutable_data<T>(), workspace);
      case Conv2dPass::backward_data:
        return conv.backward_data(context, shape, y.data<T>(), filter.data<Weight>(), x.mutable_data<T>(), workspace);
      case Conv2dPass::backward_filter:
        return conv.backward_filter(context, shape, x.data<T>(), y.data<T>(), filter.mutable_data<Weight>(), workspace);
    }
  };
  BenchmarkResult result = benchmark_runs(body, budget, static_cast<double>(shape.n), operations_of(shape));
  result.kernel += fmt::format(" conv2d.{} {}", name_of(wanted.pass), conv.kernel_name(shape, wanted.pass));
  return result;
}

template <class T>
BenchmarkResult run_matmul(const Tensor& a, const Tensor& b, const MatmulShape& shape, const BenchmarkBudget& budget) {
  const Tensor left = a.to(dtype_of<T>), right = b.to(dtype_of<T>);
  Tensor y = Tensor::zeros({shape.m, shape.n});
  const auto& matmul = kernels::table().of<T>().matmul;
  Context& context = Context::current();
  void* workspace = context.workspace(matmul.workspace_bytes(context, shape));
  const auto body = [&] { matmul.forward(context, shape, left.data<T>(), right.data<T>(), {}, y.mutable_data<float>(), workspace); };
  BenchmarkResult result = benchmark_runs(body, budget, 1, operations_of(shape));
  result.kernel += " matmul.forward";
  return result;
}

}  // namespace

BenchmarkResult benchmark_conv2d(const Conv2dBenchmark& wanted, const BenchmarkBudget& budget) {
  const Conv2dShape shape = shape_of(wanted);
  BenchmarkResult result =
      wanted.precision == DType::bf16 ? run_conv2d<bf16>(wanted, shape, budget) : run_conv2d<float>(wanted, shape, budget);
  const Conv2dGeometry& g = wanted.geometry;
  result.inputs = Json({{"op", "conv2d"},
                        {"pass", name_of(wanted.pass)},
                        {"input", list_of(wanted.input)},
                        {"filter", list_of(wanted.filter)},
                        {"output", list_of({shape.n, shape.p, shape.q, shape.k})},
                        {"stride", {g.stride.height, g.stride.width}},
                        {"padding", {g.padding.top, g.padding.bottom, g.padding.left, g.padding.right}},
                        {"dilation", {g.dilation.height, g.dilation.width}},
                        {"groups", g.groups},
                        {"precision", name_of(wanted.precision)}})
                      .dump();
  return result;
}

BenchmarkResult benchmark_matmul(const MatmulBenchmark& wanted, const BenchmarkBudget& budget) {
  const auto& [m, n, k, transpose_a, transpose_b, precision, seed] = wanted;
  if (m < 1 || n < 1 || k < 1) throw OptionError(fmt::format("m, n and k of matmul are at least 1, found {}, {} and {}", m, n, k));
  const Tensor a = random_values(transpose_a ? Shape{k, m} : Shape{m, k}, seed, 0);
  const Tensor b = random_values(transpose_b ? Shape{n, k} : Shape{k, n}, seed, 1);
  const MatmulShape shape{.m = m,
                          .n = n,
                          .k = k,
                          .transpose_a = transpose_a,
                          .transpose_b = transpose_b,
                          .a_stride = a.extent(1),
                          .b_stride = b.extent(1),
                          .y_stride = n};
  BenchmarkResult result = precision == DType::bf16 ? run_matmul<bf16>(a, b, shape, budget) : run_matmul<float>(a, b, shape, budget);
  result.inputs = Json({{"op", "matmul"},
                        {"m", m},
                        {"n", n},
                        {"k", k},
                        {"transpose_a", transpose_a},
                        {"transpose_b", transpose_b},
                        {"precision", name_of(wanted.precision)}})
                      .dump();
  return result;
}

}  // namespace fovea
