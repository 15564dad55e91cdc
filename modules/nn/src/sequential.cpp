#include "fovea/nn/sequential.hpp"

namespace fovea {

Layer& Sequential::append(std::unique_ptr<Layer> layer, std::string name) {
  register_module(name.empty() ? std::to_string(layers_.size()) : std::move(name), *layer);
  layers_.push_back(std::move(layer));
  return *layers_.back();
}

Variable Sequential::forward(const Variable& x) {
  Variable y = x;
  for (const auto& layer : layers_) y = layer->forward(y);
  return y;
}

}  // namespace fovea
