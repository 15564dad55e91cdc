#include "fovea/nn/sequential.hpp"

namespace fovea {

Layer& Sequential::append(std::unique_ptr<Layer> layer, std::string name) {
  register_module(name.empty() ? std::to_string(layers_.size()) : std::move(name), *layer);
  layers_.push_back(std::move(layer));
  return *layers_.back();
}

Variable Sequential::forward(const Variable& x) { return forward_range(x, 0, layers_.size()); }

Variable Sequential::forward_range(const Variable& x, std::size_t begin, std::size_t end) {
  Variable y = x;
  for (std::size_t i = begin; i < end; ++i) y = (*layers_.at(i))(y);
  return y;
}

}  // namespace fovea
