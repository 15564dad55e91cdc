#include "fovea/autograd/ops/conv2d_epilogue.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "fovea/autograd/function.hpp"
#include "fovea/autograd/ops/activations.hpp"
#include "fovea/autograd/ops/arithmetic.hpp"
#include "fovea/autograd/ops/conv2d_shape.hpp"
#include "fovea/autograd/ops/relu.hpp"
#include "fovea/base/error.hpp"
#include "ops/checks.hpp"
#include "ops/conv2d_passes.hpp"

namespace fovea {

namespace {

/// To whoever watches the operations it is a convolution; it is never recorded, so that it needs no backward pass.
class Conv2dEpilogueFunction final : public Function {
 public:
  Conv2dEpilogueFunction(const Conv2dEpilogue& epilogue, const Conv2dGeometry& geometry, PackedFilterCache* cache)
      : epilogue_(epilogue), geometry_(geometry), cache_(cache) {}
  const char* name() const override { return "conv2d"; }
  Attributes attributes() const override { return conv2d_attributes(geometry_); }

  std::vector<TensorSpec> infer(std::span<const TensorSpec> in) const override {
    const TensorSpec result = conv2d_result(in.first(2), geometry_);
    std::size_t next = 2;
    for (const auto& [parameter, variable] : {std::pair{"scale", &epilogue_.scale}, {"bias", &epilogue_.bias}}) {
      if (!variable->defined()) continue;
      check_weight_dtype(name(), parameter, in[next], in[0]);
      check_shape(name(), parameter, in[next++], Shape{in[1].shape[0]});
    }
    if (epilogue_.residual.defined()) {
      check_same_dtype(name(), "residual", in[next], in[0]);
      check_shape(name(), "residual", in[next], result.shape);
    }
    return {result};
  }

  std::vector<Tensor> forward(std::span<const Tensor> in, std::span<const TensorSpec> out) override {
    Tensor y = Tensor::empty(out[0].shape, out[0].dtype);
    const auto value = [](const Variable& variable) { return variable.defined() ? variable.value() : Tensor{}; };
    conv2d_forward(conv2d_shape(in[0].shape(), in[1].shape(), geometry_, false), in[0], in[1],
                   {.scale = value(epilogue_.scale),
                    .bias = value(epilogue_.bias),
                    .residual = value(epilogue_.residual),
                    .activation = epilogue_.activation,
                    .slope = epilogue_.slope},
                   cache_, y);
    return {y};
  }

  std::vector<Tensor> backward(std::span<const Tensor>) override {
    FOVEA_ASSERT(!"conv2d_epilogue is recorded as its parts");
    return {};
  }

 private:
  Conv2dEpilogue epilogue_;
  Conv2dGeometry geometry_;
  PackedFilterCache* cache_;
};

Variable in_parts(const Variable& x, const Variable& filter, const Conv2dEpilogue& e, const Conv2dGeometry& geometry) {
  Variable y = e.scale.defined() ? conv2d(x, filter, {}, geometry) * e.scale : conv2d(x, filter, e.bias, geometry);
  if (e.scale.defined() && e.bias.defined()) y = std::move(y) + e.bias;
  if (e.residual.defined()) y = std::move(y) + e.residual;
  switch (e.activation) {
    case kernels::Activation::none:
      break;
    case kernels::Activation::relu:
      return relu(std::move(y));
    case kernels::Activation::leaky_relu:
      return leaky_relu(std::move(y), e.slope);
    case kernels::Activation::relu6:
      return relu6(std::move(y));
  }
  return y;
}

}  // namespace

Variable conv2d_epilogue(const Variable& x, const Variable& filter, const Conv2dEpilogue& epilogue, const Conv2dGeometry& geometry,
                         PackedFilterCache* cache) {
  if (!(epilogue.slope >= 0)) throw OptionError(fmt::format("[conv2d] the slope is at least 0, found {}", epilogue.slope));
  std::vector<Variable> inputs = {x, filter};
  for (const Variable* variable : {&epilogue.scale, &epilogue.bias, &epilogue.residual})
    if (variable->defined()) inputs.push_back(*variable);
  const bool records = grad_enabled() && std::any_of(inputs.begin(), inputs.end(), [](const Variable& v) { return v.requires_grad(); });
  if (records) return in_parts(x, filter, epilogue, geometry);
  return std::move(fovea::apply(std::make_unique<Conv2dEpilogueFunction>(epilogue, geometry, cache), inputs).front());
}

}  // namespace fovea
