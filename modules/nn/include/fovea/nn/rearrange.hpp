// Layers that move elements without changing them.
#pragma once

#include "fovea/autograd/ops/channel_shuffle.hpp"
#include "fovea/autograd/ops/pad2d.hpp"
#include "fovea/autograd/ops/pixel_shuffle.hpp"
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

/// [N,H,W,C factor^2] -> [N, H factor, W factor, C]
class PixelShuffle final : public Layer {
 public:
  explicit PixelShuffle(std::int64_t factor) : factor_(factor) {}
  Variable forward(const Variable& x) override { return pixel_shuffle(x, factor_); }

 private:
  std::int64_t factor_;
};

/// [N, H factor, W factor, C] -> [N,H,W,C factor^2]
class PixelUnshuffle final : public Layer {
 public:
  explicit PixelUnshuffle(std::int64_t factor) : factor_(factor) {}
  Variable forward(const Variable& x) override { return pixel_unshuffle(x, factor_); }

 private:
  std::int64_t factor_;
};

/// [N,H,W,C] -> [N, H + top + bottom, W + left + right, C]: torch's ZeroPad2d, ConstantPad2d, ReflectionPad2d, ReplicationPad2d and
/// circular padding.
class Pad2d final : public Layer {
 public:
  explicit Pad2d(const Padding& padding, PadMode mode = PadMode::constant, double value = 0)
      : padding_(padding), mode_(mode), value_(value) {}
  Variable forward(const Variable& x) override { return pad2d(x, padding_, mode_, value_); }

 private:
  Padding padding_;
  PadMode mode_;
  double value_;
};

}  // namespace fovea
