// Backbones that are one row of layers.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "fovea/models/backbone.hpp"
#include "fovea/nn/sequential.hpp"

namespace fovea {

/// A backbone whose stages are ranges of one row, the child `features`. Its layers are numbered as torchvision numbers them, which also
/// counts layers without parameters that are part of another one here: skip() leaves their numbers out.
class SequentialBackbone : public Backbone {
 protected:
  SequentialBackbone(const char* name, std::int64_t classes) : Backbone(name, classes) { register_module("features", features_); }

  template <class L, class... Arguments>
  L& add(Arguments&&... arguments) {
    last_ = std::to_string(number_++);
    return features_.emplace_named<L>(last_, std::forward<Arguments>(arguments)...);
  }
  void skip() { ++number_; }
  /// The layers since the last stage are one, whose map has the name of its last layer.
  void end_stage(std::int64_t stride, std::int64_t channels) {
    ends_.push_back(features_.size());
    add_stage({"features." + last_, stride, channels});
  }

  Variable run_stage(std::size_t stage, const Variable& x) override {
    return features_.forward_range(x, stage == 0 ? 0 : ends_[stage - 1], ends_[stage]);
  }

 private:
  Sequential features_;
  std::size_t number_ = 0;
  std::string last_;  // the name of the layer that was added last
  std::vector<std::size_t> ends_;
};

}  // namespace fovea
