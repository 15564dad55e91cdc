#include "fovea/nn/network_top.hpp"

#include <algorithm>
#include <cstring>
#include <utility>

#include "fovea/autograd/function.hpp"
#include "fovea/base/error.hpp"
#include "fovea/nn/parameter_owners.hpp"

namespace fovea {

namespace {

/// Watches a forward pass and keeps what the top begins with.
class TopRecorder final : public Recorder {
 public:
  TopRecorder(const Layer& network, const NetworkTop& top) : top_(top), owners_(network) {}

  void record(const Function&, std::span<const Variable> inputs, std::span<const Variable>) override {
    if (found.defined()) return;
    const bool begins = std::any_of(inputs.begin(), inputs.end(), [&](const Variable& input) {
      const std::string* const layer = owners_.find(input);
      return layer != nullptr && top_.owns(*layer + ".");
    });
    if (begins) found = inputs.front().value();
  }

  Tensor found;

 private:
  const NetworkTop& top_;
  ParameterOwners owners_;
};

/// "fc" of "fc.weight"; "" for a parameter of the network itself.
std::string child_of(const std::string& parameter) {
  const std::size_t dot = parameter.find('.');
  return dot == std::string::npos ? "" : parameter.substr(0, dot);
}

}  // namespace

NetworkTop network_top(Layer& network) {
  const std::vector<NamedParameter> parameters = network.parameters();
  const std::string last = parameters.empty() ? "" : child_of(parameters.back().name);
  const bool anything_below =
      std::any_of(parameters.begin(), parameters.end(), [&](const NamedParameter& parameter) { return child_of(parameter.name) != last; });
  NetworkTop top{.name = last, .layer = nullptr};
  network.visit([&](const std::string& name, Module& module) {
    if (name == last) top.layer = dynamic_cast<Layer*>(&module);
  });
  if (last.empty() || !anything_below || top.layer == nullptr)
    throw OptionError("the network has no layers with parameters below the part that decides");
  return top;
}

Tensor top_input(Layer& network, const NetworkTop& top, const Variable& x) {
  TopRecorder recorder(network, top);
  const NoGradGuard no_grad;
  const RecorderGuard guard(recorder);
  network.forward(x);
  if (!recorder.found.defined()) throw OptionError("the network computes nothing with the parameters of its part " + top.name);
  return recorder.found;
}

bool network_top_agrees(Layer& network, const NetworkTop& top, const Variable& x) {
  const NoGradGuard no_grad;
  const Tensor whole = network.forward(x).value();
  const Tensor features = top_input(network, top, x);
  const Tensor parted = top.layer->forward(Variable(features)).value();
  return whole.shape() == parted.shape() && whole.dtype() == parted.dtype() &&
         std::memcmp(whole.raw_data(), parted.raw_data(), whole.bytes()) == 0;
}

}  // namespace fovea
