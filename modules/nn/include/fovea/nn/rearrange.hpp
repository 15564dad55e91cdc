// Layers that move elements without changing them.
#pragma once

#include "fovea/autograd/ops/channel_shuffle.hpp"
#include "fovea/nn/module.hpp"

namespace fovea {

/// [..., C] -> [..., C]: channels of different groups by turns (ShuffleNet).
class ChannelShuffle final : public Layer {
 public:
  explicit ChannelShuffle(std::int64_t groups) : groups_(groups) {}
  Variable forward(const Variable& x) override { return channel_shuffle(x, groups_); }

 private:
  std::int64_t groups_;
};

}  // namespace fovea
