#include "fovea/training/adadelta.hpp"

#include "fovea/tensor/dispatch.hpp"
#include "optimizer_options.hpp"
#include "update_lists.hpp"

namespace fovea {

Adadelta::Adadelta(std::vector<NamedParameter> parameters, const AdadeltaOptions& options)
    : Optimizer(std::move(parameters), options.weight_decay, options.decay_biases_and_norms),
      options_(options),
      states_(Optimizer::parameters().size()) {
  check_fraction("adadelta", "rho", options.rho);
  check_positive("adadelta", "epsilon", options.epsilon);
  check_not_negative("adadelta", "weight decay", options.weight_decay);
}

void Adadelta::update(std::span<const Update> updates) {
  UpdateLists<kernels::AdadeltaUpdate> lists;
  for (const Update& update : updates) {
    Tensor weight = update.weight;
    State& state = states_[update.index];
    if (!state.square_average.defined()) {
      state.square_average = Tensor::zeros(weight.shape(), weight.dtype());
      state.delta_average = Tensor::zeros(weight.shape(), weight.dtype());
    }
    const kernels::AdadeltaStep step{
        .rate = update.rate, .rho = options_.rho, .epsilon = options_.epsilon, .weight_decay = update.weight_decay};
    dispatch_floating(weight.dtype(), "adadelta", [&]<class T>() {
      lists.of<T>().push_back({.count = weight.numel(),
                               .gradient = update.gradient.data<T>(),
                               .square_average = state.square_average.mutable_data<T>(),
                               .delta_average = state.delta_average.mutable_data<T>(),
                               .weight = weight.mutable_data<T>(),
                               .step = step});
    });
  }
  lists.run(updates, "adadelta", [](const auto& optimizer) { return optimizer.adadelta; });
}

void Adadelta::visit_parameter_state(std::size_t index, const TensorSpec& spec, StateArchive archive) {
  State& state = states_[index];
  archive.optional_tensor("square_average", state.square_average, spec);
  archive.optional_tensor("delta_average", state.delta_average, spec);
}

}  // namespace fovea
