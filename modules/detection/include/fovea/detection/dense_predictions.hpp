// What heads have in common that predict a box, an objectness and class scores for every anchor of every cell.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "fovea/autograd/ops/box_loss.hpp"
#include "fovea/detection/box_coder.hpp"
#include "fovea/detection/detector.hpp"

namespace fovea {

/// How the first two numbers of a prediction place its centre.
enum class CenterCoding : std::uint8_t {
  sigmoid,  ///< in its cell: decode_grid()
  linear,   ///< from the cell's corner: decode_offsets()
};

/// The predictions of one feature map: [N, H, W, anchors * (5 + classes)]; those of an anchor are x, y, w, h, the logit of there being an
/// object, and the logit of each class. Row ((n H + y) W + x) anchors + a is that of anchor a.
struct DenseScale {
  float stride = 0;
  std::vector<AnchorSize> anchors;  ///< sizes that exp(w) and exp(h) multiply
  std::int64_t classes = 0;
  CenterCoding coding = CenterCoding::sigmoid;

  std::int64_t numbers() const { return 5 + classes; }
  std::int64_t channels() const { return std::ssize(anchors) * numbers(); }
};

/// Where a row stands.
struct DensePlace {
  std::int64_t image = 0;
  GridCell cell;
  std::int64_t anchor = 0;
};
DensePlace place_of_row(std::int64_t row, const Shape& predictions, const DenseScale& scale);
std::int64_t row_of(const DensePlace& place, const Shape& predictions, const DenseScale& scale);

/// A row that is to predict an object.
struct DensePositive {
  std::int64_t row = 0;
  Box box;
  std::int64_t label = 0;
};

/// What the rows of one feature map are to predict; all others are to say that there is no object, but for those that are ignored.
struct DenseTargets {
  std::vector<DensePositive> positives;  ///< each row at most once
  std::vector<std::int64_t> ignored;     ///< rows whose objectness is not looked at
};

struct DenseLossOptions {
  double box_weight = 5;
  double object_weight = 1;
  double class_weight = 1;
  BoxOverlap overlap = BoxOverlap::ciou;
};

/// "box": 1 - overlap of the decoded boxes with the objects; "object": binary cross-entropy of the objectness of all rows; "class": that of
/// the classes, each for itself, of the positives. Each is the sum over all feature maps, divided by the number of positives (at least 1)
/// and weighted. Targets are constants: gradients flow through the predictions alone.
LossMap dense_loss(std::span<const Variable> predictions, std::span<const DenseScale> scales, std::span<const DenseTargets> targets,
                   const DenseLossOptions& options = {});

/// The names of its terms.
inline std::vector<std::string> dense_loss_names() { return {"box", "object", "class"}; }

/// For every image, each row and class whose objectness times class probability is at least `smallest_score`. Throws ShapeError when the
/// predictions are not [N,H,W,scale.channels()], f32.
std::vector<Detections> decode_dense(const Tensor& predictions, const DenseScale& scale, double smallest_score);

/// The box of one row: its first four numbers.
Box decode_dense_box(const float* numbers, const GridCell& cell, const AnchorSize& anchor, CenterCoding coding);

/// decode_dense() of every feature map together, image by image.
std::vector<Detections> decode_scales(std::span<const Tensor> predictions, std::span<const DenseScale> scales, double smallest_score);

}  // namespace fovea
