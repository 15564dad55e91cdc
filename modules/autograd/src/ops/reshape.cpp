#include "fovea/autograd/ops/reshape.hpp"

#include "fovea/autograd/function.hpp"
#include "fovea/base/error.hpp"

namespace fovea {

namespace {

class Reshape final : public Function {
 public:
  explicit Reshape(const Shape& shape) : shape_(shape) {}
  const char* name() const override { return "reshape"; }
  Attributes attributes() const override { return {{"shape", std::vector<std::int64_t>(shape_.begin(), shape_.end())}}; }
  std::vector<TensorSpec> infer(std::span<const TensorSpec> inputs) const override { return {{shape_, inputs[0].dtype}}; }
  std::vector<Tensor> forward(std::span<const Tensor> in, std::span<const TensorSpec>) override {
    input_shape_ = in[0].shape();
    return {in[0].reshape(shape_)};
  }
  std::vector<Tensor> backward(std::span<const Tensor> dy) override { return {dy[0].reshape(input_shape_)}; }

 private:
  Shape shape_, input_shape_;
};

}  // namespace

Variable reshape(const Variable& x, std::initializer_list<std::int64_t> extents) {
  return apply_one(std::make_unique<Reshape>(x.value().reshape(extents).shape()), x);
}

Variable reshape(const Variable& x, const Shape& shape) {
  return apply_one(std::make_unique<Reshape>(x.value().reshape(shape).shape()), x);
}

Variable flatten(const Variable& x) {
  if (x.shape().rank() == 0) throw ShapeError("[flatten] wants at least one axis, found a scalar");
  std::int64_t rest = 1;
  for (int axis = 1; axis < x.shape().rank(); ++axis) rest *= x.extent(axis);
  return reshape(x, {x.extent(0), rest});
}

}  // namespace fovea
