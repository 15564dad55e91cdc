// From what other frameworks' detectors give to boxes: boxes of priors, finished rows, SSD's output layer. Pure functions, as those of
// decode_yolo.hpp: candidates in pixels of the network's input are appended, suppression is not done.
#pragma once

#include <cstdint>
#include <vector>

#include "fovea/detection/decode_yolo.hpp"

namespace fovea {

/// The boxes that a detector's outputs are relative to. For each stride a grid of ceil(input / stride) cells, for each cell one square of
/// every size around its centre, in rows.
struct PriorLayout {
  std::vector<std::int64_t> strides;       ///< pixels of the input
  std::vector<std::vector<double>> sizes;  ///< sides of the squares for each stride, pixels
};

/// Centres and sizes as parts of the input's width and height, cut to 0..1: 4 numbers each.
std::vector<float> make_priors(const PriorLayout& layout, cv::Size2f input);

struct PriorHeadLayout {
  PriorLayout priors;
  bool is_encoded = true;  ///< boxes are relative to the priors; otherwise corners x1 y1 x2 y2 as parts of the input
  double center_variance = 0.1, size_variance = 0.2;
  bool has_background = true;  ///< class 0 of the scores is none
};

/// `boxes` f32 [N,P,4] and `scores` f32 [N,P,classes], probabilities: UltraFace's and RetinaFace's form. An encoded box is
///     centre = prior centre + center_variance * (x, y) * prior size,  size = prior size * exp(size_variance * (w, h))
/// Liu et al., "SSD", ECCV 2016, section 2.2. Throws ShapeError "[decode_priors] ...".
void decode_priors(const Tensor& boxes, const Tensor& scores, const PriorHeadLayout& layout, const DecodeRequest& request,
                   Detections& candidates);

struct RowLayout {
  std::int64_t classes = 0;
  bool has_objectness = true;  ///< a fifth number in front of the classes, which are conditional then
  bool transposed = false;     ///< [N,values,boxes] in place of [N,boxes,values]
};

/// f32 [N,boxes,values] with centre x, y, width, height in pixels of the input, then scores: what YOLOv5 and later export. Throws
/// ShapeError
/// "[decode_rows] ...".
void decode_rows(const Tensor& rows, const RowLayout& layout, const DecodeRequest& request, Detections& candidates);

/// f32 [1,1,boxes,7] with image, class, score, x1, y1, x2, y2, corners as parts of the input: the output layer of SSD in Caffe and
/// TensorFlow. Classes begin behind the background, 1 is index 0. Throws ShapeError "[decode_ssd] ..." and for a class beyond `classes`.
void decode_ssd(const Tensor& rows, std::int64_t classes, const DecodeRequest& request, Detections& candidates);

}  // namespace fovea
