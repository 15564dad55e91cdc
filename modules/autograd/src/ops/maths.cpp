#include "fovea/autograd/ops/maths.hpp"

#include <fmt/format.h>

#include <cmath>

#include "fovea/autograd/function.hpp"
#include "fovea/autograd/ops/broadcast.hpp"
#include "fovea/base/error.hpp"
#include "fovea/kernels/context.hpp"
#include "fovea/tensor/dispatch.hpp"
#include "ops/broadcast.hpp"
#include "ops/checks.hpp"

namespace fovea {

namespace {

template <class Body>
void for_elements(std::int64_t count, Body body) {
  constexpr std::int64_t kGrain = 16384;
  parallel_for(kernels::Context::current().threads(), count, kGrain, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t i = begin; i < end; ++i) body(i);
  });
}

/// y = value(x), dx = dy * slope(x, y), element by element.
class PointwiseFunction : public Function {
 public:
  std::vector<TensorSpec> infer(std::span<const TensorSpec> in) const override {
    check_floating(name(), in[0]);
    return {in[0]};
  }

 protected:
  template <class Value>
  std::vector<Tensor> map(const Tensor& x, Value value) {
    Tensor y = Tensor::empty(x.shape(), x.dtype());
    dispatch_floating(x.dtype(), name(), [&]<class T>() {
      const T* from = x.data<T>();
      T* to = y.mutable_data<T>();
      for_elements(x.numel(), [&](std::int64_t i) { to[i] = value(from[i]); });
    });
    if (records()) {
      x_ = SavedTensor(x);
      y_ = SavedTensor(y);
    }
    return {y};
  }

  template <class Slope>
  std::vector<Tensor> scale(const Tensor& dy, Slope slope) {
    const Tensor x = x_.get(name()), y = y_.get(name());
    Tensor dx = Tensor::empty(dy.shape(), dy.dtype());
    dispatch_floating(dy.dtype(), name(), [&]<class T>() {
      const T *at = x.data<T>(), *values = y.data<T>(), *gradients = dy.data<T>();
      T* to = dx.mutable_data<T>();
      for_elements(dy.numel(), [&](std::int64_t i) { to[i] = gradients[i] * slope(at[i], values[i]); });
    });
    return {dx};
  }

 private:
  SavedTensor x_, y_;
};

class Exp final : public PointwiseFunction {
 public:
  const char* name() const override { return "exp"; }
  std::vector<Tensor> forward(std::span<const Tensor> in, std::span<const TensorSpec>) override {
    return map(in[0], [](auto x) { return std::exp(x); });
  }
  std::vector<Tensor> backward(std::span<const Tensor> dy) override {
    return scale(dy[0], [](auto, auto y) { return y; });
  }
};

class Log final : public PointwiseFunction {
 public:
  const char* name() const override { return "log"; }
  std::vector<Tensor> forward(std::span<const Tensor> in, std::span<const TensorSpec>) override {
    return map(in[0], [](auto x) { return std::log(x); });
  }
  std::vector<Tensor> backward(std::span<const Tensor> dy) override {
    return scale(dy[0], [](auto x, auto) { return 1 / x; });
  }
};

class Sqrt final : public PointwiseFunction {
 public:
  const char* name() const override { return "sqrt"; }
  std::vector<Tensor> forward(std::span<const Tensor> in, std::span<const TensorSpec>) override {
    return map(in[0], [](auto x) { return std::sqrt(x); });
  }
  std::vector<Tensor> backward(std::span<const Tensor> dy) override {
    return scale(dy[0], [](auto, auto y) { return 1 / (2 * y); });
  }
};

class Power final : public PointwiseFunction {
 public:
  explicit Power(double exponent) : exponent_(exponent) {}
  const char* name() const override { return "power"; }
  Attributes attributes() const override { return {{"exponent", exponent_}}; }
  std::vector<Tensor> forward(std::span<const Tensor> in, std::span<const TensorSpec>) override {
    return map(in[0], [e = exponent_]<class T>(T x) { return std::pow(x, static_cast<T>(e)); });
  }
  std::vector<Tensor> backward(std::span<const Tensor> dy) override {
    return scale(dy[0],
                 [e = exponent_]<class T>(T x, T) { return e == 0 ? T{0} : static_cast<T>(e) * std::pow(x, static_cast<T>(e - 1)); });
  }

 private:
  double exponent_;
};

class Abs final : public PointwiseFunction {
 public:
  const char* name() const override { return "abs"; }
  std::vector<Tensor> forward(std::span<const Tensor> in, std::span<const TensorSpec>) override {
    return map(in[0], [](auto x) { return std::abs(x); });
  }
  std::vector<Tensor> backward(std::span<const Tensor> dy) override {
    return scale(dy[0], []<class T>(T x, T) { return x > 0 ? T{1} : x < 0 ? T{-1} : T{0}; });
  }
};

class Clamp final : public PointwiseFunction {
 public:
  Clamp(double low, double high) : low_(low), high_(high) {}
  const char* name() const override { return "clamp"; }
  Attributes attributes() const override { return {{"low", low_}, {"high", high_}}; }
  std::vector<TensorSpec> infer(std::span<const TensorSpec> in) const override {
    if (!(low_ <= high_)) throw ShapeError(fmt::format("[clamp] the lower end is at most the upper, found {} and {}", low_, high_));
    return PointwiseFunction::infer(in);
  }
  std::vector<Tensor> forward(std::span<const Tensor> in, std::span<const TensorSpec>) override {
    return map(in[0], [this]<class T>(T x) {
      return x < static_cast<T>(low_) ? static_cast<T>(low_) : x > static_cast<T>(high_) ? static_cast<T>(high_) : x;
    });
  }
  std::vector<Tensor> backward(std::span<const Tensor> dy) override {
    return scale(dy[0], [this]<class T>(T x, T) { return x >= static_cast<T>(low_) && x <= static_cast<T>(high_) ? T{1} : T{0}; });
  }

 private:
  double low_, high_;
};

class Divide final : public Function {
 public:
  const char* name() const override { return "divide"; }
  std::vector<TensorSpec> infer(std::span<const TensorSpec> in) const override {
    check_floating(name(), in[0]);
    check_same_dtype(name(), "the second input", in[1], in[0]);
    check_shape(name(), "the second input", in[1], in[0].shape);
    return {in[0]};
  }

  std::vector<Tensor> forward(std::span<const Tensor> in, std::span<const TensorSpec>) override {
    const Tensor y = quotient(in[0], in[1]);
    if (records()) {
      b_ = SavedTensor(in[1]);
      y_ = SavedTensor(y);
    }
    return {y};
  }

  /// da = dy / b, db = -y dy / b
  std::vector<Tensor> backward(std::span<const Tensor> dy) override {
    const Tensor y = y_.get(name()), da = quotient(dy[0], b_.get(name()));
    if (!needs_gradient(1)) return {da, {}};
    Tensor db = Tensor::empty(y.shape(), y.dtype());
    dispatch_floating(y.dtype(), name(), [&]<class T>() {
      const T *values = y.data<T>(), *shares = da.data<T>();
      T* to = db.mutable_data<T>();
      for_elements(y.numel(), [&](std::int64_t i) { to[i] = -values[i] * shares[i]; });
    });
    return {da, db};
  }

 private:
  Tensor quotient(const Tensor& a, const Tensor& b) const {
    Tensor y = Tensor::empty(a.shape(), a.dtype());
    dispatch_floating(a.dtype(), name(), [&]<class T>() {
      const T *above = a.data<T>(), *below = b.data<T>();
      T* to = y.mutable_data<T>();
      for_elements(a.numel(), [&](std::int64_t i) { to[i] = above[i] / below[i]; });
    });
    return y;
  }

  SavedTensor b_, y_;
};

}  // namespace

Variable exp(const Variable& x) { return apply_one(std::make_unique<Exp>(), x); }
Variable log(const Variable& x) { return apply_one(std::make_unique<Log>(), x); }
Variable sqrt(const Variable& x) { return apply_one(std::make_unique<Sqrt>(), x); }
Variable power(const Variable& x, double exponent) { return apply_one(std::make_unique<Power>(exponent), x); }
Variable abs(const Variable& x) { return apply_one(std::make_unique<Abs>(), x); }
Variable clamp(const Variable& x, double low, double high) { return apply_one(std::make_unique<Clamp>(low, high), x); }

Variable divide(const Variable& a, const Variable& b) {
  if (a.defined() && b.defined() && a.shape() != b.shape())
    if (const auto shape = broadcast_shape(a.shape(), b.shape()))
      return apply_one(std::make_unique<Divide>(), broadcast_to(a, *shape), broadcast_to(b, *shape));
  return apply_one(std::make_unique<Divide>(), a, b);
}

}  // namespace fovea
