#include "fovea/autograd/ops/attention.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "fovea/autograd/function.hpp"
#include "fovea/autograd/ops/cast.hpp"
#include "fovea/base/error.hpp"
#include "ops/checks.hpp"
#include "ops/kernel_call.hpp"

namespace fovea {

namespace {

using kernels::Context;

/// Sizes: queries, keys and values of one head are matrices [length, depth] within rows of `pitch` elements.
struct Sizes {
  std::int64_t samples, heads, queries, keys, depth, value_depth;
};

/// The heads of a tensor [N, rows, pitch], whose features begin at `offset`.
struct Heads {
  std::int64_t rows, pitch, offset, depth;

  std::int64_t place(std::int64_t sample, std::int64_t head) const { return sample * rows * pitch + offset + head * depth; }
};

/// y[m,n] = op(a) op(b) for matrices within wider rows.
template <class T>
void multiply(const kernels::TypedKernels<T>& kernels, kernels::MatmulShape shape, const T* a, const T* b, T* y) {
  Context& context = Context::current();
  kernels.matmul.forward(context, shape, a, b, {}, y, context.workspace(kernels.matmul.workspace_bytes(context, shape)));
}

/// Inputs query, key and value, or one that has them side by side.
class Attention final : public Function {
 public:
  explicit Attention(const AttentionOptions& options) : options_(options) {}
  const char* name() const override { return "attention"; }
  Attributes attributes() const override {
    return {{"heads", options_.heads}, {"scale", options_.scale}, {"causal", options_.causal}, {"mask", options_.mask.defined()}};
  }

  std::vector<TensorSpec> infer(std::span<const TensorSpec> in) const override {
    check_floating(name(), in[0]);
    check_rank(name(), in.size() == 1 ? "input" : "query", in[0], 3, "[N, length, features]");
    const Sizes sizes = in.size() == 1 ? sizes_of_packed(in[0].shape) : sizes_of(in);
    if (options_.mask.defined()) {
      const TensorSpec& mask = options_.mask.spec();
      check_shape(name(), "mask", mask, {options_.mask_per_sample ? sizes.samples : sizes.queries, sizes.keys});
      if (mask.dtype != DType::u8) check_same_dtype(name(), "mask", mask, in[0]);
    }
    return {{Shape{sizes.samples, sizes.queries, sizes.heads * sizes.value_depth}, in[0].dtype}};
  }

  std::vector<Tensor> forward(std::span<const Tensor> in, std::span<const TensorSpec> out) override {
    set_up(in);
    Tensor y = Tensor::empty(out[0].shape, out[0].dtype);
    if (records())
      for (const Tensor& input : in) kept_.emplace_back(input);
    dispatch_floating(y.dtype(), name(), [&]<class T>() {
      const auto& kernels = kernels_for<T>(y);
      Tensor weights = Tensor::empty({sizes_.queries, sizes_.keys}, y.dtype());
      const T* value = in.back().template data<T>();
      const std::int64_t pitch = y.extent(2);
      for_heads([&](std::int64_t n, std::int64_t h) {
        compute_weights(kernels, in[0].template data<T>() + query_.place(n, h), key_data<T>(in) + key_.place(n, h), n, weights);
        multiply<T>(kernels,
                    {.m = sizes_.queries,
                     .n = sizes_.value_depth,
                     .k = sizes_.keys,
                     .a_stride = sizes_.keys,
                     .b_stride = value_.pitch,
                     .y_stride = pitch},
                    weights.data<T>(), value + value_.place(n, h),
                    y.mutable_data<T>() + n * sizes_.queries * pitch + h * sizes_.value_depth);
      });
    });
    return {y};
  }

  // P = softmax(S), S = scale Q K^T + mask, Y = P V:
  // dV = P^T dY, dP = dY V^T, dS = P * (dP - rows' sums of P * dP), dQ = scale dS K, dK = scale dS^T Q.
  std::vector<Tensor> backward(std::span<const Tensor> dy) override {
    std::vector<Tensor> in, gradients;
    for (const SavedTensor& kept : kept_) in.push_back(kept.get(name()));
    for (const Tensor& input : in) gradients.push_back(Tensor::empty(input.shape(), input.dtype()));
    dispatch_floating(dy[0].dtype(), name(), [&]<class T>() {
      const auto& kernels = kernels_for<T>(dy[0]);
      const Shape square{sizes_.queries, sizes_.keys};
      Tensor weights = Tensor::empty(square, dy[0].dtype()), dweights = Tensor::empty(square, dy[0].dtype());
      const std::int64_t pitch = dy[0].extent(2), queries = sizes_.queries, keys = sizes_.keys;
      for_heads([&](std::int64_t n, std::int64_t h) {
        const T* query = in[0].template data<T>() + query_.place(n, h);
        const T* key = key_data<T>(in) + key_.place(n, h);
        const T* value = in.back().template data<T>() + value_.place(n, h);
        const T* gradient = dy[0].template data<T>() + n * queries * pitch + h * sizes_.value_depth;
        compute_weights(kernels, query, key, n, weights);
        multiply<T>(kernels,
                    {.m = keys,
                     .n = sizes_.value_depth,
                     .k = queries,
                     .transpose_a = true,
                     .a_stride = keys,
                     .b_stride = pitch,
                     .y_stride = value_.pitch},
                    weights.data<T>(), gradient, gradients.back().template mutable_data<T>() + value_.place(n, h));
        multiply<T>(kernels,
                    {.m = queries,
                     .n = keys,
                     .k = sizes_.value_depth,
                     .transpose_b = true,
                     .a_stride = pitch,
                     .b_stride = value_.pitch,
                     .y_stride = keys},
                    gradient, value, dweights.mutable_data<T>());
        T* dscores = dweights.mutable_data<T>();
        kernels.softmax.backward(Context::current(), queries, keys, weights.data<T>(), dscores, dscores);
        kernels.elementwise.affine(Context::current(), queries * keys, static_cast<T>(options_.scale), T{0}, dscores, dscores);
        multiply<T>(kernels,
                    {.m = queries, .n = sizes_.depth, .k = keys, .a_stride = keys, .b_stride = key_.pitch, .y_stride = query_.pitch},
                    dscores, key, gradients[0].template mutable_data<T>() + query_.place(n, h));
        Tensor& dkey = gradients[gradients.size() == 1 ? 0 : 1];
        multiply<T>(kernels,
                    {.m = keys,
                     .n = sizes_.depth,
                     .k = queries,
                     .transpose_a = true,
                     .a_stride = keys,
                     .b_stride = query_.pitch,
                     .y_stride = key_.pitch},
                    dscores, query, dkey.template mutable_data<T>() + key_.place(n, h));
      });
    });
    return gradients;
  }

 private:
  Sizes sizes_of_packed(const Shape& x) const {
    if (x[2] % (3 * options_.heads) != 0)
      throw ShapeError(
          fmt::format("[attention] input {} is to have queries, keys and values of {} heads side by side", x.to_string(), options_.heads));
    const std::int64_t depth = x[2] / (3 * options_.heads);
    return {x[0], options_.heads, x[1], x[1], depth, depth};
  }

  Sizes sizes_of(std::span<const TensorSpec> in) const {
    const char* const names[] = {"query", "key", "value"};
    for (std::size_t i = 1; i < 3; ++i) {
      check_rank(name(), names[i], in[i], 3, "[N, length, features]");
      check_same_dtype(name(), names[i], in[i], in[0]);
    }
    const Shape &query = in[0].shape, &key = in[1].shape, &value = in[2].shape;
    for (std::size_t i = 0; i < 3; ++i)
      if (in[i].shape[2] % options_.heads != 0)
        throw ShapeError(
            fmt::format("[attention] {} heads do not divide the features of the {} {}", options_.heads, names[i], in[i].shape.to_string()));
    check_shape(name(), "key", in[1], {query[0], key[1], query[2]});
    check_shape(name(), "value", in[2], {query[0], key[1], value[2]});
    return {query[0], options_.heads, query[1], key[1], query[2] / options_.heads, value[2] / options_.heads};
  }

  void set_up(std::span<const Tensor> in) {
    if (in.size() == 1) {
      sizes_ = sizes_of_packed(in[0].shape());
      const std::int64_t width = sizes_.heads * sizes_.depth;
      query_ = {sizes_.queries, 3 * width, 0, sizes_.depth};
      key_ = {sizes_.queries, 3 * width, width, sizes_.depth};
      value_ = {sizes_.queries, 3 * width, 2 * width, sizes_.depth};
    } else {
      const TensorSpec specs[] = {in[0].spec(), in[1].spec(), in[2].spec()};
      sizes_ = sizes_of(specs);
      query_ = {sizes_.queries, sizes_.heads * sizes_.depth, 0, sizes_.depth};
      key_ = {sizes_.keys, sizes_.heads * sizes_.depth, 0, sizes_.depth};
      value_ = {sizes_.keys, sizes_.heads * sizes_.value_depth, 0, sizes_.value_depth};
    }
    if (options_.scale == 0) options_.scale = 1 / std::sqrt(static_cast<double>(std::max<std::int64_t>(1, sizes_.depth)));
  }

  template <class T, class Tensors>
  static const T* key_data(const Tensors& in) {
    return in[in.size() == 1 ? 0 : 1].template data<T>();
  }

  template <class Body>
  void for_heads(Body body) const {
    for (std::int64_t n = 0; n < sizes_.samples; ++n)
      for (std::int64_t h = 0; h < sizes_.heads; ++h) body(n, h);
  }

  /// softmax(scale Q K^T + mask) of one head, in place.
  template <class T>
  void compute_weights(const kernels::TypedKernels<T>& kernels, const T* query, const T* key, std::int64_t sample, Tensor& weights) const {
    const std::int64_t queries = sizes_.queries, keys = sizes_.keys;
    if (queries == 0 || keys == 0) return;
    T* scores = weights.mutable_data<T>();
    multiply<T>(kernels,
                {.m = queries,
                 .n = keys,
                 .k = sizes_.depth,
                 .transpose_b = true,
                 .a_stride = query_.pitch,
                 .b_stride = key_.pitch,
                 .y_stride = keys},
                query, key, scores);
    kernels.elementwise.affine(Context::current(), queries * keys, static_cast<T>(options_.scale), T{0}, scores, scores);
    const bool masked = options_.causal || options_.mask.defined();
    constexpr T kNever = -std::numeric_limits<T>::infinity();
    if (masked)
      for_rows([&](std::int64_t i) {
        T* row = scores + i * keys;
        add_mask(options_.mask_per_sample ? sample : i, row);
        if (options_.causal && i + 1 < keys) std::fill(row + i + 1, row + keys, kNever);
      });
    kernels.softmax.forward(Context::current(), queries, keys, scores, scores);
    // Where every score is minus infinity their differences are NaN. A row of NaN from the inputs stays one.
    if (masked)
      for_rows([&](std::int64_t i) {
        if (std::isnan(scores[i * keys]) && attends_to_nothing<T>(sample, i)) std::fill_n(scores + i * keys, keys, T{0});
      });
  }

  template <class Body>
  void for_rows(Body body) const {
    const std::int64_t rows_per_block = std::max<std::int64_t>(1, 16384 / std::max<std::int64_t>(1, sizes_.keys));
    parallel_for(Context::current().threads(), sizes_.queries, rows_per_block, [&](std::int64_t begin, std::int64_t end) {
      for (std::int64_t i = begin; i < end; ++i) body(i);
    });
  }

  template <class T>
  void add_mask(std::int64_t mask_row, T* row) const {
    if (!options_.mask.defined()) return;
    const std::int64_t keys = sizes_.keys;
    if (options_.mask.dtype() == DType::u8) {
      const std::uint8_t* allowed = options_.mask.data<std::uint8_t>() + mask_row * keys;
      for (std::int64_t j = 0; j < keys; ++j) row[j] = allowed[j] != 0 ? row[j] : -std::numeric_limits<T>::infinity();
    } else {
      const T* added = options_.mask.data<T>() + mask_row * keys;
      for (std::int64_t j = 0; j < keys; ++j) row[j] += added[j];
    }
  }

  template <class T>
  bool attends_to_nothing(std::int64_t sample, std::int64_t query) const {
    std::vector<T> row(static_cast<std::size_t>(sizes_.keys));
    add_mask(options_.mask_per_sample ? sample : query, row.data());
    const std::int64_t reachable = options_.causal ? std::min(query + 1, sizes_.keys) : sizes_.keys;
    return std::all_of(row.begin(), row.begin() + reachable, [](T value) { return value == -std::numeric_limits<T>::infinity(); });
  }

  AttentionOptions options_;
  Sizes sizes_{};
  Heads query_{}, key_{}, value_{};
  std::vector<SavedTensor> kept_;
};

std::unique_ptr<Attention> checked(const AttentionOptions& options) {
  if (options.heads < 1) throw OptionError(fmt::format("[attention] at least one head, found {}", options.heads));
  if (!(options.scale >= 0) || !std::isfinite(options.scale))
    throw OptionError(fmt::format("[attention] the scale is greater than 0, or 0 for the default, found {}", options.scale));
  return std::make_unique<Attention>(options);
}

bool is_bf16(const Variable& x) { return x.defined() && x.dtype() == DType::bf16; }

}  // namespace

Variable attention(const Variable& query, const Variable& key, const Variable& value, const AttentionOptions& options) {
  if (is_bf16(query) && is_bf16(key) && is_bf16(value))
    return cast(attention(cast(query, DType::f32), cast(key, DType::f32), cast(value, DType::f32), options), DType::bf16);
  return apply_one(checked(options), query, key, value);
}

Variable self_attention(const Variable& qkv, const AttentionOptions& options) {
  if (is_bf16(qkv)) return cast(self_attention(cast(qkv, DType::f32), options), DType::bf16);
  return apply_one(checked(options), qkv);
}

}  // namespace fovea
