#include "fovea/training/sgd.hpp"

#include <fmt/format.h>

#include "fovea/base/error.hpp"
#include "fovea/tensor/dispatch.hpp"
#include "update_lists.hpp"

namespace fovea {

Sgd::Sgd(std::vector<NamedParameter> parameters, const SgdOptions& options)
    : Optimizer(std::move(parameters), options.weight_decay, options.decay_biases_and_norms),
      options_(options),
      velocities_(Optimizer::parameters().size()) {
  if (!(options.momentum >= 0 && options.momentum < 1))
    throw OptionError(fmt::format("[sgd] momentum is in [0, 1), found {}", options.momentum));
  if (!(options.dampening >= 0 && options.dampening <= 1))
    throw OptionError(fmt::format("[sgd] dampening is in [0, 1], found {}", options.dampening));
  if (!(options.weight_decay >= 0)) throw OptionError(fmt::format("[sgd] weight decay is at least 0, found {}", options.weight_decay));
  if (options.nesterov && (options.momentum == 0 || options.dampening != 0))
    throw OptionError(fmt::format("[sgd] nesterov wants a momentum and no dampening, found momentum {} and dampening {}", options.momentum,
                                  options.dampening));
  if (options.rate_in_velocity && (options.momentum == 0 || options.dampening != 0))
    throw OptionError(fmt::format("[sgd] a rate inside the velocity wants a momentum and no dampening, found momentum {} and dampening {}",
                                  options.momentum, options.dampening));
}

void Sgd::update(std::span<const Update> updates) {
  UpdateLists<kernels::SgdUpdate> lists;
  for (const Update& update : updates) {
    Tensor weight = update.weight;
    Tensor& velocity = velocities_[update.index];
    const bool first = !velocity.defined();
    if (first && options_.momentum != 0) velocity = Tensor::empty(weight.shape(), weight.dtype());
    const kernels::SgdStep step{.rate = update.rate,
                                .momentum = options_.momentum,
                                .dampening = options_.dampening,
                                .weight_decay = update.weight_decay,
                                .nesterov = options_.nesterov,
                                .first = first,
                                .rate_in_velocity = options_.rate_in_velocity};
    dispatch_floating(weight.dtype(), "sgd", [&]<class T>() {
      lists.of<T>().push_back({.count = weight.numel(),
                               .gradient = update.gradient.data<T>(),
                               .velocity = velocity.defined() ? velocity.mutable_data<T>() : nullptr,
                               .weight = weight.mutable_data<T>(),
                               .step = step});
    });
  }
  lists.run(updates, "sgd", [](const auto& optimizer) { return optimizer.sgd; });
}

void Sgd::visit_parameter_state(std::size_t index, const TensorSpec& spec, StateArchive archive) {
  archive.optional_tensor("velocity", velocities_[index], spec);
}

}  // namespace fovea
