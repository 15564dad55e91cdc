#include "fovea/training/sgd.hpp"

#include <fmt/format.h>

#include "fovea/base/error.hpp"
#include "fovea/kernels/kernel_table.hpp"
#include "fovea/tensor/dispatch.hpp"

namespace fovea {

Sgd::Sgd(std::vector<NamedParameter> parameters, const SgdOptions& options)
    : Optimizer(std::move(parameters)), options_(options), velocities_(Optimizer::parameters().size()) {
  if (!(options.momentum >= 0 && options.momentum < 1))
    throw OptionError(fmt::format("[sgd] momentum is in [0, 1), found {}", options.momentum));
  if (!(options.dampening >= 0 && options.dampening <= 1))
    throw OptionError(fmt::format("[sgd] dampening is in [0, 1], found {}", options.dampening));
  if (!(options.weight_decay >= 0)) throw OptionError(fmt::format("[sgd] weight decay is at least 0, found {}", options.weight_decay));
  if (options.nesterov && (options.momentum == 0 || options.dampening != 0))
    throw OptionError(fmt::format("[sgd] nesterov wants a momentum and no dampening, found momentum {} and dampening {}", options.momentum,
                                  options.dampening));
}

void Sgd::update(std::size_t index, double learning_rate, const Tensor& gradient, Tensor& weight) {
  Tensor& velocity = velocities_[index];
  const bool first = !velocity.defined();
  if (first && options_.momentum != 0) velocity = Tensor::zeros(weight.shape(), weight.dtype());
  const kernels::SgdStep step{.rate = learning_rate,
                              .momentum = options_.momentum,
                              .dampening = options_.dampening,
                              .weight_decay = decays(parameters()[index], options_.decay_biases_and_norms) ? options_.weight_decay : 0,
                              .nesterov = options_.nesterov,
                              .first = first};
  dispatch_floating(weight.dtype(), "sgd", [&]<class T>() {
    kernels::table(weight.device())
        .of<T>()
        .optimizer.sgd(kernels::Context::current(), weight.numel(), step, gradient.data<T>(),
                       velocity.defined() ? velocity.mutable_data<T>() : nullptr, weight.mutable_data<T>());
  });
  weight.storage().bump_version("sgd");
}

}  // namespace fovea
