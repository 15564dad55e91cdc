#include "fovea/nn/layer_output.hpp"

#include <utility>

#include "fovea/autograd/function.hpp"
#include "fovea/base/error.hpp"
#include "fovea/base/text.hpp"
#include "fovea/nn/parameter_owners.hpp"

namespace fovea {

namespace {

/// Watches a forward pass and keeps one tensor of it.
class LayerRecorder final : public Recorder {
 public:
  LayerRecorder(const Layer& network, std::string wanted) : wanted_(std::move(wanted)), owners_(network) {}

  void record(const Function&, std::span<const Variable> inputs, std::span<const Variable> outputs) override {
    for (const Variable& input : inputs) {
      const std::string* const layer = owners_.find(input);
      if (layer == nullptr) continue;
      if (names.empty() || names.back() != *layer) names.push_back(*layer);
      if (wanted_.empty()) found = inputs.front().value();
      if (!wanted_.empty() && wanted_ == *layer) found = outputs.front().value();
      return;
    }
  }

  std::vector<std::string> names;
  Tensor found;

 private:
  std::string wanted_;
  ParameterOwners owners_;
};

LayerRecorder watch(Layer& network, const Variable& x, const std::string& layer) {
  LayerRecorder recorder(network, layer);
  const NoGradGuard no_grad;
  const RecorderGuard guard(recorder);
  network.forward(x);
  return recorder;
}

}  // namespace

Tensor layer_output(Layer& network, const Variable& x, const std::string& layer) {
  const LayerRecorder recorder = watch(network, x, layer);
  if (!recorder.found.defined()) throw OptionError(unknown_name_message("layer", layer, recorder.names));
  return recorder.found;
}

std::vector<std::string> layer_names(Layer& network, const Variable& x) { return watch(network, x, "").names; }

}  // namespace fovea
