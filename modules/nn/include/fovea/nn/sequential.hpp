// Modules in a row.
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "fovea/nn/module.hpp"

namespace fovea {

/// Layers applied one after the other. Children are named "0", "1", ... or as given.
///     Sequential net;
///     net.emplace<Conv2d>(1, 20, Conv2dOptions{.kernel = 5, .padding = 2});
///     net.emplace<Relu>();
class Sequential final : public Layer {
 public:
  Sequential() = default;

  /// Appends a layer and returns it.
  Layer& append(std::unique_ptr<Layer> layer, std::string name = "");
  template <class L, class... Arguments>
  L& emplace(Arguments&&... arguments) {
    return static_cast<L&>(append(std::make_unique<L>(std::forward<Arguments>(arguments)...)));
  }
  template <class L, class... Arguments>
  L& emplace_named(std::string name, Arguments&&... arguments) {
    return static_cast<L&>(append(std::make_unique<L>(std::forward<Arguments>(arguments)...), std::move(name)));
  }

  Variable forward(const Variable& x) override;
  /// The layers [begin, end) alone.
  Variable forward_range(const Variable& x, std::size_t begin, std::size_t end);
  std::size_t size() const { return layers_.size(); }
  Layer& operator[](std::size_t index) { return *layers_.at(index); }

 private:
  std::vector<std::unique_ptr<Layer>> layers_;
};

/// Modules that belong together but are called by their owner. Children are named "0", "1", ...
template <class M>
class ModuleList final : public Module {
 public:
  M& append(std::unique_ptr<M> module) {
    register_module(std::to_string(modules_.size()), *module);
    modules_.push_back(std::move(module));
    return *modules_.back();
  }
  template <class... Arguments>
  M& emplace(Arguments&&... arguments) {
    return append(std::make_unique<M>(std::forward<Arguments>(arguments)...));
  }
  std::size_t size() const { return modules_.size(); }
  M& operator[](std::size_t index) { return *modules_.at(index); }
  auto begin() { return modules_.begin(); }
  auto end() { return modules_.end(); }

 private:
  std::vector<std::unique_ptr<M>> modules_;
};

}  // namespace fovea
