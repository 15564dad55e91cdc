#include "fovea/nn/dead_channels.hpp"

#include <algorithm>
#include <array>
#include <string_view>

#include "fovea/autograd/function.hpp"
#include "fovea/nn/parameter_owners.hpp"
#include "fovea/tensor/dispatch.hpp"

namespace fovea {

namespace {

bool rectifies(std::string_view operation) {
  constexpr std::array<std::string_view, 3> kNames = {"relu", "relu6", "batch_norm_activation"};
  return std::find(kNames.begin(), kNames.end(), operation) != kNames.end();
}

/// Stops at the value that shows the last channel to be alive: most batches end it soon.
double dead_share(const Tensor& tensor) {
  const std::int64_t channels = tensor.extent(-1), rows = channels > 0 ? tensor.numel() / channels : 0;
  std::vector<bool> alive(static_cast<std::size_t>(channels), false);
  std::int64_t dead = channels;
  dispatch_activation(tensor.dtype(), "dead_channels", [&]<class T>() {
    const T* values = tensor.data<T>();
    for (std::int64_t row = 0; row < rows && dead > 0; ++row, values += channels)
      for (std::int64_t channel = 0; channel < channels; ++channel) {
        if (alive[static_cast<std::size_t>(channel)] || !(static_cast<float>(values[channel]) > 0)) continue;
        alive[static_cast<std::size_t>(channel)] = true;
        --dead;
      }
  });
  return channels > 0 ? static_cast<double>(dead) / static_cast<double>(channels) : 0;
}

class DeadChannelRecorder final : public Recorder {
 public:
  explicit DeadChannelRecorder(const Layer& network) : owners_(network) {}

  void record(const Function& function, std::span<const Variable> inputs, std::span<const Variable> outputs) override {
    for (const Variable& input : inputs)
      if (const std::string* const layer = owners_.find(input); layer != nullptr && *layer != layer_) {
        layer_ = *layer;
        of_layer_ = 0;
      }
    if (!rectifies(function.name())) return;
    ++of_layer_;
    found.emplace_back(of_layer_ == 1 ? layer_ : layer_ + "/" + std::to_string(of_layer_), dead_share(outputs.front().value()));
  }

  std::vector<std::pair<std::string, double>> found;

 private:
  std::string layer_;
  int of_layer_ = 0;
  ParameterOwners owners_;
};

}  // namespace

std::vector<std::pair<std::string, double>> dead_channels(Layer& network, const Variable& x) {
  DeadChannelRecorder recorder(network);
  const NoGradGuard no_grad;
  const RecorderGuard guard(recorder);
  network.forward(x);
  return std::move(recorder.found);
}

}  // namespace fovea
