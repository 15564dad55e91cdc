#include "fovea/pipelines/engine.hpp"

#include "fovea/autograd/ops/cast.hpp"

namespace fovea {

namespace {

class EagerEngine final : public Engine {
 public:
  using Outputs = std::function<std::vector<NamedVariable>(const Variable&)>;

  EagerEngine(std::shared_ptr<Module> network, Outputs outputs, DType precision)
      : network_(std::move(network)), outputs_(std::move(outputs)), precision_(precision) {
    network_->eval();
  }

  std::vector<NamedTensor> run(const Tensor& batch) const override {
    const NoGradGuard no_grad;
    std::vector<NamedTensor> tensors;
    for (const NamedVariable& output : outputs_(cast(Variable(batch), precision_)))
      tensors.push_back({output.name, cast(output.value, DType::f32).value()});
    return tensors;
  }

 private:
  std::shared_ptr<Module> network_;
  Outputs outputs_;
  DType precision_;
};

}  // namespace

std::unique_ptr<Engine> make_eager_engine(std::shared_ptr<Module> network,
                                          std::function<std::vector<NamedVariable>(const Variable& batch)> outputs, DType precision) {
  return std::make_unique<EagerEngine>(std::move(network), std::move(outputs), precision);
}

}  // namespace fovea
