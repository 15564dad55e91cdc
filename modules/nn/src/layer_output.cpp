#include "fovea/nn/layer_output.hpp"

#include <algorithm>
#include <map>

#include "fovea/autograd/function.hpp"
#include "fovea/base/error.hpp"
#include "fovea/base/text.hpp"

namespace fovea {

namespace {

/// Watches a forward pass and keeps one tensor of it.
class LayerRecorder final : public Recorder {
 public:
  LayerRecorder(Layer& network, std::string wanted) : wanted_(std::move(wanted)) {
    for (const NamedParameter& parameter : network.parameters()) {
      const std::size_t dot = parameter.name.rfind('.');
      owners_[parameter.variable.value().raw_data()] = dot == std::string::npos ? "" : parameter.name.substr(0, dot);
    }
  }

  void record(const Function&, std::span<const Variable> inputs, std::span<const Variable> outputs) override {
    for (const Variable& input : inputs) {
      const auto owner = owners_.find(input.value().raw_data());
      if (owner == owners_.end()) continue;
      if (names.empty() || names.back() != owner->second) names.push_back(owner->second);
      if (wanted_.empty()) found = inputs.front().value();
      if (!wanted_.empty() && wanted_ == owner->second) found = outputs.front().value();
      return;
    }
  }

  std::vector<std::string> names;
  Tensor found;

 private:
  std::string wanted_;
  std::map<const void*, std::string> owners_;  // of parameters, by address
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
