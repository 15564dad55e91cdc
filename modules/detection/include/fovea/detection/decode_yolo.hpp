// From what the heads of YOLO's versions give to boxes. Pure functions: a tensor in, candidates out, suppression not done.
//
// All boxes are in pixels of the network's input; a candidate is a box and one class, so that a box with two likely classes comes twice.
// Its score is P(object) P(class | object). Candidates come cell by cell in rows, then by anchor, then by class.
#pragma once

#include <cstdint>
#include <opencv2/core/types.hpp>
#include <vector>

#include "fovea/detection/detections.hpp"
#include "fovea/tensor/tensor.hpp"

namespace fovea {

/// Which image of a batch, what it measures, and what is worth reporting.
struct DecodeRequest {
  std::int64_t image = 0;    ///< of the batch
  cv::Size2f input;          ///< width and height of the network's input, pixels
  double confidence = 0.25;  ///< least score of a candidate; at least 0
};

/// A head of YOLOv3 and later: one anchor box per entry in every cell, each 4 + 1 + classes channels.
struct YoloHeadLayout {
  std::vector<cv::Size2f> anchors;  ///< pixels of the network's input
  std::int64_t classes = 0;
  double scale_x_y = 1;     ///< s below
  bool new_coords = false;  ///< values are in 0..1 already, and sizes are (2 v)^2
};

/// Appends the candidates of `raw`, f32 [N,h,w,anchors (5 + classes)] with channels x, y, w, h, object, classes per anchor, in cell (row r,
/// column c) with sigma the logistic function:
///     centre = ((c + s sigma(x) - (s-1)/2) / w_cells, (r + s sigma(y) - (s-1)/2) / h_cells) of the input,  size = anchor * exp(w, h)
/// Redmon and Farhadi, "YOLOv3", 2018, section 2.1; s: Bochkovskiy et al., "YOLOv4", 2020, section 3.4 (eliminating grid sensitivity).
/// Throws ShapeError "[decode_yolo] ...".
void decode_yolo(const Tensor& raw, const YoloHeadLayout& layout, const DecodeRequest& request, Detections& candidates);

/// The head of YOLOv2.
struct RegionHeadLayout {
  std::vector<cv::Size2f> anchors;  ///< cells
  std::int64_t classes = 0;
  bool softmax = true;  ///< over the classes; otherwise the logistic function of each
};

/// The same for YOLOv2: s = 1, anchors in cells, classes by softmax. Redmon and Farhadi, "YOLO9000", CVPR 2017, section 2.
void decode_region(const Tensor& raw, const RegionHeadLayout& layout, const DecodeRequest& request, Detections& candidates);

/// The head of YOLOv1.
struct GridHeadLayout {
  std::int64_t side = 7, boxes = 2, classes = 0;
  bool softmax = false;  ///< over the classes of a cell, which are probabilities otherwise
  bool sqrt = true;      ///< values are the roots of width and height
};

/// Appends the candidates of `raw`, f32 [N, side^2 (classes + 5 boxes)]: the classes of every cell, then the confidence of every cell's
/// boxes, then x, y (of the cell), w, h (of the image, or their roots) of each. Redmon et al., "You only look once", CVPR 2016, section 2.
/// Throws ShapeError "[decode_grid] ...".
void decode_grid(const Tensor& raw, const GridHeadLayout& layout, const DecodeRequest& request, Detections& candidates);

}  // namespace fovea
