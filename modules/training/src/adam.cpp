#include "fovea/training/adam.hpp"

#include <cmath>

#include "fovea/tensor/dispatch.hpp"
#include "optimizer_options.hpp"
#include "update_lists.hpp"

namespace fovea {

Adam::Adam(std::vector<NamedParameter> parameters, const AdamOptions& options)
    : Optimizer(std::move(parameters), options.weight_decay, options.decay_biases_and_norms),
      options_(options),
      states_(Optimizer::parameters().size()) {
  check_fraction("adam", "beta1", options.beta1);
  check_fraction("adam", "beta2", options.beta2);
  check_positive("adam", "epsilon", options.epsilon);
  check_not_negative("adam", "weight decay", options.weight_decay);
}

void Adam::update(std::span<const Update> updates) {
  UpdateLists<kernels::AdamUpdate> lists;
  for (const Update& update : updates) {
    Tensor weight = update.weight;
    State& state = states_[update.index];
    if (state.steps++ == 0) {
      state.first_moment = Tensor::zeros(weight.shape(), weight.dtype());
      state.second_moment = Tensor::zeros(weight.shape(), weight.dtype());
      if (options_.amsgrad) state.largest_moment = Tensor::zeros(weight.shape(), weight.dtype());
    }
    const auto t = static_cast<double>(state.steps);
    const kernels::AdamStep step{.rate = update.rate,
                                 .beta1 = options_.beta1,
                                 .beta2 = options_.beta2,
                                 .epsilon = options_.epsilon,
                                 .weight_decay = update.weight_decay,
                                 .correction1 = 1 - std::pow(options_.beta1, t),
                                 .correction2 = 1 - std::pow(options_.beta2, t),
                                 .epsilon_in_root = options_.epsilon_in_root};
    dispatch_floating(weight.dtype(), "adam", [&]<class T>() {
      lists.of<T>().push_back({.count = weight.numel(),
                               .gradient = update.gradient.data<T>(),
                               .first_moment = state.first_moment.mutable_data<T>(),
                               .second_moment = state.second_moment.mutable_data<T>(),
                               .largest_moment = options_.amsgrad ? state.largest_moment.mutable_data<T>() : nullptr,
                               .weight = weight.mutable_data<T>(),
                               .step = step});
    });
  }
  lists.run(updates, "adam", [](const auto& optimizer) { return optimizer.adam; });
}

void Adam::visit_parameter_state(std::size_t index, const TensorSpec& spec, StateArchive archive) {
  State& state = states_[index];
  archive.optional_tensor("first_moment", state.first_moment, spec);
  archive.optional_tensor("second_moment", state.second_moment, spec);
  archive.optional_tensor("largest_moment", state.largest_moment, spec);
  archive.value("steps", state.steps);
}

}  // namespace fovea
