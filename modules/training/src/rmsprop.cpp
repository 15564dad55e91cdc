#include "fovea/training/rmsprop.hpp"

#include "fovea/tensor/dispatch.hpp"
#include "optimizer_options.hpp"
#include "update_lists.hpp"

namespace fovea {

Rmsprop::Rmsprop(std::vector<NamedParameter> parameters, const RmspropOptions& options)
    : Optimizer(std::move(parameters), options.weight_decay, options.decay_biases_and_norms),
      options_(options),
      states_(Optimizer::parameters().size()) {
  check_fraction("rmsprop", "alpha", options.alpha);
  check_fraction("rmsprop", "momentum", options.momentum);
  check_positive("rmsprop", "epsilon", options.epsilon);
  check_not_negative("rmsprop", "weight decay", options.weight_decay);
}

void Rmsprop::update(std::span<const Update> updates) {
  UpdateLists<kernels::RmspropUpdate> lists;
  for (const Update& update : updates) {
    Tensor weight = update.weight;
    State& state = states_[update.index];
    if (!state.square_average.defined()) {
      state.square_average = Tensor::zeros(weight.shape(), weight.dtype());
      if (options_.centered) state.gradient_average = Tensor::zeros(weight.shape(), weight.dtype());
      if (options_.momentum > 0) state.velocity = Tensor::zeros(weight.shape(), weight.dtype());
    }
    const kernels::RmspropStep step{.rate = update.rate,
                                    .alpha = options_.alpha,
                                    .epsilon = options_.epsilon,
                                    .momentum = options_.momentum,
                                    .weight_decay = update.weight_decay};
    dispatch_floating(weight.dtype(), "rmsprop", [&]<class T>() {
      lists.of<T>().push_back({.count = weight.numel(),
                               .gradient = update.gradient.data<T>(),
                               .square_average = state.square_average.mutable_data<T>(),
                               .gradient_average = options_.centered ? state.gradient_average.mutable_data<T>() : nullptr,
                               .velocity = options_.momentum > 0 ? state.velocity.mutable_data<T>() : nullptr,
                               .weight = weight.mutable_data<T>(),
                               .step = step});
    });
  }
  lists.run(updates, "rmsprop", [](const auto& optimizer) { return optimizer.rmsprop; });
}

void Rmsprop::visit_parameter_state(std::size_t index, const TensorSpec& spec, StateArchive archive) {
  State& state = states_[index];
  archive.optional_tensor("square_average", state.square_average, spec);
  archive.optional_tensor("gradient_average", state.gradient_average, spec);
  archive.optional_tensor("velocity", state.velocity, spec);
}

}  // namespace fovea
