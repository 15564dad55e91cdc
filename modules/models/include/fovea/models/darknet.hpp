// The backbones of YOLO.
#pragma once

#include <optional>

#include "fovea/models/sequential_backbone.hpp"
#include "fovea/nn/conv2d.hpp"
#include "fovea/nn/linear.hpp"

namespace fovea {

struct DarknetOptions {
  std::int64_t channels = 3;    ///< of the input, whose sides are at least 32 pixels (Darknet-19)
  std::int64_t classes = 1000;  ///< 0: no classifier (Backbone)
};

/// Redmon and Farhadi, "YOLO9000: better, faster, stronger", CVPR 2017, table 6: 18 convolutions with norm and leaky ReLU (0.1), maxima of
/// 2x2 between groups, a 1x1 convolution to the classes, global average. [N,H,W,C] -> logits [N,classes]. Children features.0 (.0 the
/// convolution, .1 the norm) ... in the order of the table, maxima counted, and classifier.
class Darknet19 final : public SequentialBackbone {
 public:
  explicit Darknet19(const DarknetOptions& options = {});

 protected:
  Variable classify(const Variable& features) override;

 private:
  std::optional<Conv2d> classifier_;
};

struct DarknetTinyOptions {
  std::int64_t channels = 3;    ///< of the input
  std::int64_t classes = 1000;  ///< 0: no classifier (Backbone)
  double width_multiplier = 1;  ///< of all channels, at least 1 each
  std::int64_t stages = 6;      ///< 1 to 6: how many of the convolutions there are; the last map's stride is 2^(stages - 1)
};

/// The features of the tiny forms of YOLOv2 and v3 (Redmon's configurations tiny-yolo-voc and yolov3-tiny, 2016 to 2018): six 3x3
/// convolutions to 16, 32, ..., 512 channels with norm and leaky ReLU (0.1), maxima of 2x2 between them, a global average, one linear
/// layer. Children features.0
/// ..., maxima counted, and classifier.
class DarknetTiny final : public SequentialBackbone {
 public:
  explicit DarknetTiny(const DarknetTinyOptions& options = {});

 protected:
  Variable classify(const Variable& features) override;

 private:
  std::optional<Linear> classifier_;
};

/// Redmon and Farhadi, "YOLOv3: an incremental improvement", 2018, table 1: 52 convolutions with norm and leaky ReLU (0.1), most of them in
/// residual blocks of 1x1 and 3x3, halvings by stride; global average, one linear layer. Children features.0 ..., where a residual block is
/// one number with children 0 and 1, and classifier.
class Darknet53 final : public SequentialBackbone {
 public:
  explicit Darknet53(const DarknetOptions& options = {});

 protected:
  Variable classify(const Variable& features) override;

 private:
  std::optional<Linear> classifier_;
};

}  // namespace fovea
