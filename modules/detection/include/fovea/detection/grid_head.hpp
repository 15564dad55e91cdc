// The head of the first YOLO.
#pragma once

#include <array>

#include "fovea/detection/box_coder.hpp"
#include "fovea/detection/detector.hpp"
#include "fovea/nn/sequential.hpp"

namespace fovea {

struct GridHeadOptions {
  std::int64_t classes = 1;
  std::int64_t boxes = 2;     ///< of each cell
  std::int64_t channels = 0;  ///< of a 3x3 convolution before the predictions; 0: none
  ActivationKind activation = ActivationKind::leaky_relu;
  double box_weight = 5;  ///< lambda coord
  double no_object_weight = 0.5;
};

/// What the predictions of a batch are to be, element by element, and how much the squared error of each weighs in each term.
struct GridTargets {
  Tensor wanted;                                        ///< of the predictions' shape and type
  std::vector<std::pair<std::string, Tensor>> weights;  ///< of each term, of the same shape
};

/// The coarsest feature map is the grid; [N, H, W, 5 boxes + classes]: for each box x, y (of its centre, in the cell, 0 to 1), the square
/// roots of width and height (of the whole image, 0 to 1), and the confidence; then the conditional probability of each class. Everything
/// is linear and the loss is of squares. The cell that an object's centre is in finds it, with the box that has the largest IoU with it (or
/// where none has any, the nearest corners); a cell finds one object, the first. Confidence is to be that IoU, and 0 for the other boxes.
/// Redmon et al., "You only look once", CVPR 2016, section 2, eq. 1 to 3. Children stem.0, prediction.0.
///
/// Terms: "box", "object", "no_object", "class"; each a sum over the grid, averaged over the images.
class GridHead final : public DetectionHead {
 public:
  GridHead(const std::vector<FeatureMapShape>& inputs, const GridHeadOptions& options);
  std::vector<Variable> forward(const FeatureMaps& maps) override;
  std::vector<std::string> loss_names() const override { return {"box", "object", "no_object", "class"}; }
  LossMap loss(std::span<const Variable> predictions, std::span<const DetectionTargets> targets) const override;
  std::vector<Detections> decode(std::span<const Tensor> predictions, double smallest_score) const override;

  /// Objects whose centre is outside the image are left out.
  GridTargets assign(const Tensor& predictions, std::span<const DetectionTargets> targets) const;
  /// The loss against targets that do not change with the predictions.
  LossMap loss(const Variable& predictions, const GridTargets& targets) const;

 private:
  struct Responsible {
    std::int64_t box = 0;
    double iou = -1, distance = 0;
  };

  std::int64_t numbers() const { return 5 * options_.boxes + options_.classes; }
  void require_predictions(const Shape& shape) const;
  Box box_at(const double* numbers, std::int64_t row, std::int64_t column, const Shape& shape) const;

  Responsible choose_box(const double* numbers, const GridCell& place, const Box& truth, const Shape& shape) const;
  std::array<double, 4> encode(const Box& box, const GridCell& place, const Shape& shape) const;

  GridHeadOptions options_;
  std::size_t maps_;
  float stride_;
  Sequential stem_, prediction_;
};

}  // namespace fovea
