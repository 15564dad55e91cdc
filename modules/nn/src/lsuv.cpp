#include "fovea/nn/lsuv.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <set>

#include "fovea/base/error.hpp"
#include "fovea/nn/init.hpp"
#include "fovea/nn/layer_output.hpp"
#include "fovea/nn/parameter_owners.hpp"
#include "fovea/tensor/dispatch.hpp"

namespace fovea {

namespace {

double variance_of(const Tensor& tensor) {
  const std::vector<double> values = tensor.to(DType::f64).to_vector<double>();
  double mean = 0, variance = 0;
  for (const double value : values) mean += value / static_cast<double>(values.size());
  for (const double value : values) variance += (value - mean) * (value - mean) / static_cast<double>(values.size());
  return variance;
}

void divide(Tensor weight, double divisor) {
  dispatch_floating(weight.dtype(), "lsuv", [&]<class T>() {
    for (T* w = weight.mutable_data<T>(); w != weight.data<T>() + weight.numel(); ++w) *w = static_cast<T>(*w / divisor);
  });
  weight.storage().bump_version("lsuv");
}

}  // namespace

std::vector<LsuvLayer> initialize_lsuv(Layer& network, const Variable& x, RandomStream& stream, const LsuvOptions& options) {
  if (!(options.tolerance > 0)) throw OptionError(fmt::format("[lsuv] the tolerance is positive, found {}", options.tolerance));
  if (options.iterations < 1) throw OptionError(fmt::format("[lsuv] wants at least 1 iteration, found {}", options.iterations));
  const std::vector<NamedParameter> parameters = network.parameters();
  const auto weight_of = [&](const std::string& layer) {
    const auto is_weight = [&](const NamedParameter& p) { return p.variable.shape().rank() > 1 && layer_of(p.name) == layer; };
    const auto found = std::find_if(parameters.begin(), parameters.end(), is_weight);
    return found == parameters.end() ? Tensor{} : found->variable.value();
  };

  std::set<std::string> seen;
  std::vector<LsuvLayer> report;
  const std::vector<std::string> layers = layer_names(network, x);
  if (options.orthogonal)
    for (const std::string& layer : std::set<std::string>(layers.begin(), layers.end()))
      if (Tensor weight = weight_of(layer); weight.defined()) fill_orthogonal(weight, stream);
  for (const std::string& layer : layers) {
    const Tensor weight = weight_of(layer);
    if (!weight.defined() || layer.empty() || !seen.insert(layer).second) continue;
    LsuvLayer entry{layer, variance_of(layer_output(network, x, layer)), 0};
    while (entry.iterations < options.iterations && entry.variance > 0 && std::abs(entry.variance - 1) > options.tolerance) {
      divide(weight, std::sqrt(entry.variance));
      entry.variance = variance_of(layer_output(network, x, layer));
      ++entry.iterations;
    }
    report.push_back(entry);
  }
  return report;
}

}  // namespace fovea
