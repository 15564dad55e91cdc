#include "fovea/training/adagrad.hpp"

#include "fovea/tensor/dispatch.hpp"
#include "optimizer_options.hpp"
#include "update_lists.hpp"

namespace fovea {

Adagrad::Adagrad(std::vector<NamedParameter> parameters, const AdagradOptions& options)
    : Optimizer(std::move(parameters), options.weight_decay, options.decay_biases_and_norms),
      options_(options),
      states_(Optimizer::parameters().size()) {
  check_not_negative("adagrad", "rate decay", options.rate_decay);
  check_not_negative("adagrad", "the initial sum", options.initial_sum);
  check_not_negative("adagrad", "epsilon", options.epsilon);
  check_positive("adagrad", "epsilon or the initial sum", options.epsilon + options.initial_sum);
  check_not_negative("adagrad", "weight decay", options.weight_decay);
}

void Adagrad::update(std::span<const Update> updates) {
  UpdateLists<kernels::AdagradUpdate> lists;
  for (const Update& update : updates) {
    Tensor weight = update.weight;
    State& state = states_[update.index];
    if (state.steps++ == 0) state.square_sum = Tensor::full(weight.shape(), options_.initial_sum, weight.dtype());
    const double slowdown = 1 + static_cast<double>(state.steps - 1) * options_.rate_decay;
    const kernels::AdagradStep step{.rate = update.rate / slowdown, .epsilon = options_.epsilon, .weight_decay = update.weight_decay};
    dispatch_floating(weight.dtype(), "adagrad", [&]<class T>() {
      lists.of<T>().push_back({.count = weight.numel(),
                               .gradient = update.gradient.data<T>(),
                               .square_sum = state.square_sum.mutable_data<T>(),
                               .weight = weight.mutable_data<T>(),
                               .step = step});
    });
  }
  lists.run(updates, "adagrad", [](const auto& optimizer) { return optimizer.adagrad; });
}

void Adagrad::visit_parameter_state(std::size_t index, const TensorSpec& spec, StateArchive archive) {
  State& state = states_[index];
  archive.optional_tensor("square_sum", state.square_sum, spec);
  archive.value("steps", state.steps);
}

}  // namespace fovea
