// GoogLeNet.
#pragma once

#include <optional>

#include "fovea/models/backbone.hpp"
#include "fovea/models/conv_norm.hpp"
#include "fovea/nn/conv2d.hpp"
#include "fovea/nn/dropout.hpp"
#include "fovea/nn/linear.hpp"
#include "fovea/nn/sequential.hpp"

namespace fovea {

/// Channels of an Inception module's four branches.
struct InceptionWidths {
  std::int64_t ones;                   ///< 1x1
  std::int64_t reduce_middle, middle;  ///< 1x1, then 3x3
  std::int64_t reduce_large, large;    ///< 1x1, then the larger filter
  std::int64_t pooled;                 ///< maximum of 3x3 with stride 1, then 1x1
  std::int64_t total() const { return ones + middle + large + pooled; }
};

/// Four branches side by side, each convolution with norm and ReLU (figure 2b). The larger filter is 3x3, as in torchvision, whose weights
/// fit, where the paper has 5x5. Children branch1, branch2.0, .1, branch3.0, .1, branch4.1.
class Inception final : public Layer {
 public:
  Inception(std::int64_t in_channels, const InceptionWidths& widths);
  Variable forward(const Variable& x) override;

 private:
  ConvNorm branch1_;
  Sequential branch2_, branch3_, branch4_;
};

/// A classifier on inner features (section 5): means of 4x4 windows, 1x1 convolution to 128 channels, two linear layers. Children conv,
/// fc1, fc2.
class AuxiliaryHead final : public Layer {
 public:
  AuxiliaryHead(std::int64_t in_channels, std::int64_t classes, double dropout);
  Variable forward(const Variable& x) override;

 private:
  ConvNorm conv_;
  Linear fc1_, fc2_;
  Dropout dropout_;
};

struct GoogLeNetOptions {
  std::int64_t channels = 3;    ///< of the input, whose sides are at least 15 pixels
  std::int64_t classes = 1000;  ///< 0: no classifier (Backbone), and no auxiliary ones
  bool auxiliary = false;       ///< with the two auxiliary classifiers, which only training uses
  double dropout = 0.2, auxiliary_dropout = 0.7;
};

struct GoogLeNetLogits {
  Variable logits, auxiliary1, auxiliary2;  ///< [N,classes] each
};

/// Szegedy et al., "Going deeper with convolutions", CVPR 2015, table 1, with batch norm as in torchvision. [N,H,W,C] -> logits
/// [N,classes]. Children conv1, conv2, conv3, inception3a to inception5b, aux1 and aux2 if wanted, fc.
class GoogLeNet final : public Backbone {
 public:
  explicit GoogLeNet(const GoogLeNetOptions& options = {});

  /// What training adds up with weights 1, 0.3 and 0.3 after a cross entropy of each (section 5). Throws OptionError without auxiliary
  /// classifiers.
  GoogLeNetLogits forward_with_auxiliary(const Variable& x);

 protected:
  Variable run_stage(std::size_t stage, const Variable& x) override;
  Variable classify(const Variable& features) override;

 private:
  ConvNorm conv1_, conv2_, conv3_;
  ModuleList<Inception> modules_;
  std::optional<AuxiliaryHead> aux1_, aux2_;
  Dropout dropout_;
  std::optional<Linear> fc_;
};

}  // namespace fovea
