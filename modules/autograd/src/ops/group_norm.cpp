#include "fovea/autograd/ops/group_norm.hpp"

#include <fmt/format.h>

#include <cmath>

#include "fovea/autograd/function.hpp"
#include "fovea/base/error.hpp"
#include "ops/checks.hpp"
#include "ops/kernel_call.hpp"
#include "ops/memory_reuse.hpp"

namespace fovea {

namespace {

using kernels::Context;
using kernels::GroupNormShape;

std::int64_t product(std::span<const std::int64_t> extents) {
  std::int64_t result = 1;
  for (const std::int64_t extent : extents) result *= extent;
  return result;
}

/// What the three operations share. Inputs x, or x, gamma and beta.
class GroupNormFunction : public Function {
 public:
  explicit GroupNormFunction(double epsilon) : epsilon_(epsilon) {}
  Attributes attributes() const override { return {{"epsilon", epsilon_}}; }

  std::vector<TensorSpec> infer(std::span<const TensorSpec> in) const override {
    check_activation(name(), in[0]);
    check_input(in[0].shape);
    if (in.size() > 1) {
      const Shape wanted = parameter_shape(in[0].shape);
      check_weight_dtype(name(), "gamma", in[1], in[0]);
      check_weight_dtype(name(), "beta", in[2], in[0]);
      check_shape(name(), "gamma", in[1], wanted);
      check_shape(name(), "beta", in[2], wanted);
    }
    const GroupNormShape shape = shape_of(in[0].shape);
    if (shape.n > 0 && shape.pixels * shape.channels == 0)
      throw ShapeError(fmt::format("[{}] no elements to take statistics of: input {}", name(), in[0].shape.to_string()));
    return {in[0]};
  }

  std::vector<Tensor> forward(std::span<const Tensor> in, std::span<const TensorSpec> out) override {
    const Tensor& x = in[0];
    const GroupNormShape shape = shape_of(x.shape());
    const DType weights = weight_type_of(x.dtype());
    Tensor y = Tensor::empty(out[0].shape, out[0].dtype);
    Tensor mean = Tensor::empty({shape.n, shape.groups}, weights);
    inverse_deviation_ = Tensor::empty({shape.n, shape.groups}, weights);
    is_affine_ = in.size() > 1;
    const Tensor gamma = is_affine_ ? in[1] : Tensor::full({shape.channels}, 1, weights);
    const Tensor beta = is_affine_ ? in[2] : Tensor::zeros({shape.channels}, weights);
    if (y.numel() > 0)
      dispatch_activation(x.dtype(), name(), [&]<class T>() {
        using W = kernels::WeightOf<T>;
        Context& context = Context::current();
        const auto& kernel = kernels_for<T>(x).group_norm;
        kernel.forward(context, shape, x.data<T>(), gamma.data<W>(), beta.data<W>(), epsilon_, mean.mutable_data<W>(),
                       inverse_deviation_.mutable_data<W>(), y.mutable_data<T>(), context.workspace(kernel.workspace_bytes(shape)));
      });
    if (records()) {
      x_ = SavedTensor(x);
      gamma_ = SavedTensor(gamma);
      mean_ = mean;
    }
    return {y};
  }

  std::vector<Tensor> backward(std::span<const Tensor> dy) override {
    const Tensor &x = x_.get(name()), &gamma = gamma_.get(name());
    const GroupNormShape shape = shape_of(x.shape());
    Tensor dx = gradient_like(dy[0]);
    Tensor dgamma = Tensor::zeros(gamma.shape(), gamma.dtype()), dbeta = Tensor::zeros(gamma.shape(), gamma.dtype());
    if (x.numel() > 0)
      dispatch_activation(x.dtype(), name(), [&]<class T>() {
        using W = kernels::WeightOf<T>;
        Context& context = Context::current();
        const auto& kernel = kernels_for<T>(x).group_norm;
        kernel.backward(context, shape, x.data<T>(), dy[0].data<T>(), mean_.data<W>(), inverse_deviation_.data<W>(), gamma.data<W>(),
                        dx.mutable_data<T>(), dgamma.mutable_data<W>(), dbeta.mutable_data<W>(),
                        context.workspace(kernel.workspace_bytes(shape)));
      });
    return is_affine_ ? std::vector{dx, dgamma, dbeta} : std::vector{dx};
  }

 protected:
  virtual void check_input(const Shape& x) const = 0;
  virtual Shape parameter_shape(const Shape& x) const = 0;
  virtual GroupNormShape shape_of(const Shape& x) const = 0;

 private:
  double epsilon_;
  bool is_affine_ = false;
  SavedTensor x_, gamma_;
  Tensor mean_, inverse_deviation_;
};

/// Samples along the first axis, channels along the last.
class ChannelNorm : public GroupNormFunction {
 public:
  using GroupNormFunction::GroupNormFunction;

 protected:
  void check_input(const Shape& x) const override {
    if (x.rank() < 2) throw ShapeError(fmt::format("[{}] input wants at least 2 axes [N, ..., C], found {}", name(), x.to_string()));
  }
  Shape parameter_shape(const Shape& x) const override { return {x.at(-1)}; }
  GroupNormShape with_groups(const Shape& x, std::int64_t groups) const {
    const auto inner = x.extents().subspan(1, static_cast<std::size_t>(x.rank() - 2));
    return {.n = x[0], .pixels = product(inner), .channels = x.at(-1), .groups = groups};
  }
};

class GroupNorm final : public ChannelNorm {
 public:
  GroupNorm(std::int64_t groups, double epsilon) : ChannelNorm(epsilon), groups_(groups) {}
  const char* name() const override { return "group_norm"; }
  Attributes attributes() const override {
    Attributes list = ChannelNorm::attributes();
    list.emplace_back("groups", groups_);
    return list;
  }

 private:
  void check_input(const Shape& x) const override {
    ChannelNorm::check_input(x);
    if (x.at(-1) % groups_ != 0)
      throw ShapeError(fmt::format("[group_norm] {} groups do not divide the channels of {}", groups_, x.to_string()));
  }
  GroupNormShape shape_of(const Shape& x) const override { return with_groups(x, groups_); }

  std::int64_t groups_;
};

class InstanceNorm final : public ChannelNorm {
 public:
  using ChannelNorm::ChannelNorm;
  const char* name() const override { return "instance_norm"; }

 private:
  GroupNormShape shape_of(const Shape& x) const override { return with_groups(x, x.at(-1)); }
};

/// Every row is a sample of one pixel and one group.
class LayerNorm final : public GroupNormFunction {
 public:
  explicit LayerNorm(const LayerNormOptions& options) : GroupNormFunction(options.epsilon), axes_(options.axes) {}
  const char* name() const override { return "layer_norm"; }
  Attributes attributes() const override {
    Attributes list = GroupNormFunction::attributes();
    list.emplace_back("axes", std::int64_t{axes_});
    return list;
  }

 private:
  void check_input(const Shape& x) const override {
    if (x.rank() < axes_) throw ShapeError(fmt::format("[layer_norm] input wants at least {} axes, found {}", axes_, x.to_string()));
  }
  Shape parameter_shape(const Shape& x) const override {
    const auto last = x.extents().last(static_cast<std::size_t>(axes_));
    return Shape(std::vector<std::int64_t>(last.begin(), last.end()));
  }
  GroupNormShape shape_of(const Shape& x) const override {
    const auto outer = static_cast<std::size_t>(x.rank() - axes_);
    return {.n = product(x.extents().first(outer)), .pixels = 1, .channels = product(x.extents().subspan(outer)), .groups = 1};
  }

  int axes_;
};

Variable run(std::unique_ptr<GroupNormFunction> function, double epsilon, const Variable& x, const Variable& gamma, const Variable& beta) {
  if (!(epsilon > 0) || !std::isfinite(epsilon))
    throw OptionError(fmt::format("[{}] epsilon is greater than 0, found {}", function->name(), epsilon));
  if (gamma.defined() != beta.defined())
    throw OptionError(fmt::format("[{}] gamma and beta are given together or not at all", function->name()));
  return gamma.defined() ? apply_one(std::move(function), x, gamma, beta) : apply_one(std::move(function), x);
}

}  // namespace

Variable group_norm(const Variable& x, std::int64_t groups, const Variable& gamma, const Variable& beta, double epsilon) {
  if (groups < 1) throw OptionError(fmt::format("[group_norm] at least one group, found {}", groups));
  return run(std::make_unique<GroupNorm>(groups, epsilon), epsilon, x, gamma, beta);
}

Variable instance_norm(const Variable& x, const Variable& gamma, const Variable& beta, double epsilon) {
  return run(std::make_unique<InstanceNorm>(epsilon), epsilon, x, gamma, beta);
}

Variable layer_norm(const Variable& x, const Variable& gamma, const Variable& beta, const LayerNormOptions& options) {
  if (options.axes < 1) throw OptionError(fmt::format("[layer_norm] at least one axis, found {}", options.axes));
  return run(std::make_unique<LayerNorm>(options), options.epsilon, x, gamma, beta);
}

}  // namespace fovea
