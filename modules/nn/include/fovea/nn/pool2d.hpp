// Pooling layers.
#pragma once

#include "fovea/autograd/ops/adaptive_pool2d.hpp"
#include "fovea/autograd/ops/average_pool2d.hpp"
#include "fovea/autograd/ops/max_pool2d.hpp"
#include "fovea/nn/module.hpp"

namespace fovea {

/// [N,H,W,C] -> [N,P,Q,C]: the maximum of each window.
class MaxPool2d final : public Layer {
 public:
  explicit MaxPool2d(const Pool2dGeometry& geometry = {}) : geometry_(geometry) {}
  Variable forward(const Variable& x) override { return max_pool2d(x, geometry_); }

 private:
  Pool2dGeometry geometry_;
};

/// [N,H,W,C] -> [N,P,Q,C]: the mean of each window, with or without the padded cells.
class AvgPool2d final : public Layer {
 public:
  explicit AvgPool2d(const Pool2dGeometry& geometry = {}, bool count_padding = true) : geometry_(geometry), count_padding_(count_padding) {}
  Variable forward(const Variable& x) override { return average_pool2d(x, geometry_, count_padding_); }

 private:
  Pool2dGeometry geometry_;
  bool count_padding_;
};

/// [N,H,W,C] -> [N,P,Q,C], P x Q = output: the mean of each of P x Q windows over the image (adaptive_average_pool2d).
class AdaptiveAvgPool2d final : public Layer {
 public:
  explicit AdaptiveAvgPool2d(Extent2 output) : output_(output) {}
  Variable forward(const Variable& x) override { return adaptive_average_pool2d(x, output_); }

 private:
  Extent2 output_;
};

/// [N,H,W,C] -> [N,P,Q,C], P x Q = output: the maximum of each of P x Q windows over the image.
class AdaptiveMaxPool2d final : public Layer {
 public:
  explicit AdaptiveMaxPool2d(Extent2 output) : output_(output) {}
  Variable forward(const Variable& x) override { return adaptive_max_pool2d(x, output_); }

 private:
  Extent2 output_;
};

/// [N,H,W,C] -> [N,C]: the maximum of each image.
class GlobalMaxPool2d final : public Layer {
 public:
  Variable forward(const Variable& x) override { return global_max_pool2d(x); }
};

/// [N,H,W,C] -> [N,C]: the mean of each image.
class GlobalAvgPool2d final : public Layer {
 public:
  Variable forward(const Variable& x) override { return global_average_pool2d(x); }
};

}  // namespace fovea
