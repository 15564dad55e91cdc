#include "fovea/training/adamw.hpp"

#include <fmt/format.h>

#include <cmath>

#include "fovea/base/error.hpp"
#include "fovea/tensor/dispatch.hpp"
#include "update_lists.hpp"

namespace fovea {

AdamW::AdamW(std::vector<NamedParameter> parameters, const AdamWOptions& options)
    : Optimizer(std::move(parameters), options.weight_decay, options.decay_biases_and_norms),
      options_(options),
      states_(Optimizer::parameters().size()) {
  const auto is_rate = [](double beta) { return beta >= 0 && beta < 1; };
  if (!is_rate(options.beta1) || !is_rate(options.beta2))
    throw OptionError(fmt::format("[adamw] beta1 and beta2 are in [0, 1), found {} and {}", options.beta1, options.beta2));
  if (!(options.epsilon > 0)) throw OptionError(fmt::format("[adamw] epsilon is positive, found {}", options.epsilon));
  if (!(options.weight_decay >= 0)) throw OptionError(fmt::format("[adamw] weight decay is at least 0, found {}", options.weight_decay));
}

void AdamW::update(std::span<const Update> updates) {
  UpdateLists<kernels::AdamWUpdate> lists;
  for (const Update& update : updates) {
    Tensor weight = update.weight;
    State& state = states_[update.index];
    if (state.steps++ == 0) {
      state.first_moment = Tensor::zeros(weight.shape(), weight.dtype());
      state.second_moment = Tensor::zeros(weight.shape(), weight.dtype());
    }
    const auto t = static_cast<double>(state.steps);
    const kernels::AdamWStep step{.rate = update.rate,
                                  .beta1 = options_.beta1,
                                  .beta2 = options_.beta2,
                                  .epsilon = options_.epsilon,
                                  .weight_decay = update.weight_decay,
                                  .correction1 = 1 - std::pow(options_.beta1, t),
                                  .correction2 = 1 - std::pow(options_.beta2, t)};
    dispatch_floating(weight.dtype(), "adamw", [&]<class T>() {
      lists.of<T>().push_back({.count = weight.numel(),
                               .gradient = update.gradient.data<T>(),
                               .first_moment = state.first_moment.mutable_data<T>(),
                               .second_moment = state.second_moment.mutable_data<T>(),
                               .weight = weight.mutable_data<T>(),
                               .step = step});
    });
  }
  lists.run(updates, "adamw", [](const auto& optimizer) { return optimizer.adamw; });
}

void AdamW::visit_parameter_state(std::size_t index, const TensorSpec& spec, StateArchive archive) {
  State& state = states_[index];
  archive.optional_tensor("first_moment", state.first_moment, spec);
  archive.optional_tensor("second_moment", state.second_moment, spec);
  archive.value("steps", state.steps);
}

}  // namespace fovea
