#include "fovea/detection/decode_yolo.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "fovea/base/error.hpp"
#include "fovea/detection/box_coder.hpp"
#include "fovea/detection/probability.hpp"

namespace fovea {

namespace {

/// In place.
void softmax(float* values, std::int64_t count) {
  const float largest = *std::max_element(values, values + count);
  float sum = 0;
  for (std::int64_t i = 0; i < count; ++i) sum += values[i] = std::exp(values[i] - largest);
  for (std::int64_t i = 0; i < count; ++i) values[i] /= sum;
}

void require(const char* op, const Tensor& raw, int rank, std::int64_t channels, const char* meaning, const DecodeRequest& request) {
  if (raw.dtype() != DType::f32 || raw.rank() != rank || raw.extent(-1) != channels)
    throw ShapeError(fmt::format("[{}] expected f32 {} with {} channels, found {} {}", op, meaning, channels, name_of(raw.dtype()),
                                 raw.shape().to_string()));
  if (request.image < 0 || request.image >= raw.extent(0))
    throw ShapeError(fmt::format("[{}] image {} of a batch of {}", op, request.image, raw.extent(0)));
}

/// What the heads of version 2 and 3 differ in.
struct CellRule {
  std::vector<cv::Size2f> anchors;  // pixels of the input
  std::int64_t classes;
  float stretch;  // s
  bool is_activated, softmax;
};

/// A raw value below this gives less than `probability`: most cells are empty, and need no exponential. A little lower than exact, so that
/// rounding decides nothing.
float least_logit(double probability, bool is_activated) {
  if (is_activated) return static_cast<float>(probability);
  if (probability <= 0) return -std::numeric_limits<float>::infinity();
  if (probability >= 1) return std::numeric_limits<float>::max();
  return static_cast<float>(logit_of(probability) - 1e-3);
}

class CellDecoder {
 public:
  CellDecoder(const Tensor& raw, const CellRule& rule, const DecodeRequest& request, Detections& candidates)
      : rule_(rule),
        confidence_(static_cast<float>(request.confidence)),
        least_(least_logit(request.confidence, rule.is_activated)),
        rows_(raw.extent(1)),
        columns_(raw.extent(2)),
        cell_width_(request.input.width / static_cast<float>(columns_)),
        cell_height_(request.input.height / static_cast<float>(rows_)),
        values_(raw.data<float>() + request.image * rows_ * columns_ * raw.extent(3)),
        scores_(static_cast<std::size_t>(rule.classes)),
        candidates_(candidates) {}

  void run() {
    const float* values = values_;
    for (std::int64_t row = 0; row < rows_; ++row)
      for (std::int64_t column = 0; column < columns_; ++column)
        for (const cv::Size2f& anchor : rule_.anchors) {
          if (values[4] >= least_) decode(values, static_cast<float>(row), static_cast<float>(column), anchor);
          values += 5 + rule_.classes;
        }
  }

 private:
  float probability(float value) const { return rule_.is_activated ? value : sigmoid_of(value); }

  float offset(float value) const { return rule_.stretch * probability(value) - (rule_.stretch - 1) / 2; }

  float size(float value, float anchor) const { return anchor * (rule_.is_activated ? 4 * value * value : std::exp(value)); }

  void decode(const float* values, float row, float column, const cv::Size2f& anchor) {
    const float object = probability(values[4]);
    if (object < confidence_) return;
    // P(class) <= 1: what cannot reach the confidence is left out before its exponential.
    const float least_class = rule_.softmax ? 0 : least_logit(confidence_ / object, rule_.is_activated);
    if (rule_.softmax) {
      std::copy_n(values + 5, rule_.classes, scores_.begin());
      softmax(scores_.data(), rule_.classes);
    }
    Box box;
    bool has_box = false;
    for (std::int64_t i = 0; i < rule_.classes; ++i) {
      if (!rule_.softmax && !(values[5 + i] >= least_class)) continue;
      const float score = object * (rule_.softmax ? scores_[static_cast<std::size_t>(i)] : probability(values[5 + i]));
      if (!(score >= confidence_)) continue;
      if (!has_box)
        box = box_around((column + offset(values[0])) * cell_width_, (row + offset(values[1])) * cell_height_,
                         size(values[2], anchor.width), size(values[3], anchor.height));
      has_box = true;
      candidates_.push_back({.box = box, .score = score, .index = i});
    }
  }

  const CellRule& rule_;
  float confidence_, least_;
  std::int64_t rows_, columns_;
  float cell_width_, cell_height_;
  const float* values_;
  std::vector<float> scores_;
  Detections& candidates_;
};

void decode_cells(const char* op, const Tensor& raw, const CellRule& rule, const DecodeRequest& request, Detections& candidates) {
  require(op, raw, 4, static_cast<std::int64_t>(rule.anchors.size()) * (5 + rule.classes), "[N,h,w,channels]", request);
  CellDecoder(raw, rule, request, candidates).run();
}

}  // namespace

void decode_yolo(const Tensor& raw, const YoloHeadLayout& layout, const DecodeRequest& request, Detections& candidates) {
  decode_cells("decode_yolo", raw,
               {.anchors = layout.anchors,
                .classes = layout.classes,
                .stretch = static_cast<float>(layout.scale_x_y),
                .is_activated = layout.new_coords,
                .softmax = false},
               request, candidates);
}

void decode_region(const Tensor& raw, const RegionHeadLayout& layout, const DecodeRequest& request, Detections& candidates) {
  CellRule rule{.anchors = layout.anchors, .classes = layout.classes, .stretch = 1, .is_activated = false, .softmax = layout.softmax};
  if (raw.rank() == 4)
    for (cv::Size2f& anchor : rule.anchors) {
      anchor.width *= request.input.width / static_cast<float>(raw.extent(2));
      anchor.height *= request.input.height / static_cast<float>(raw.extent(1));
    }
  decode_cells("decode_region", raw, rule, request, candidates);
}

void decode_grid(const Tensor& raw, const GridHeadLayout& layout, const DecodeRequest& request, Detections& candidates) {
  const std::int64_t cells = layout.side * layout.side, values = cells * (layout.classes + 5 * layout.boxes);
  require("decode_grid", raw, 2, values, "[N,values]", request);
  const float* const classes = raw.data<float>() + request.image * values;
  const float* const confidences = classes + cells * layout.classes;
  const float* const boxes = confidences + cells * layout.boxes;
  const float side = static_cast<float>(layout.side), confidence = static_cast<float>(request.confidence);
  std::vector<float> scores(static_cast<std::size_t>(layout.classes));
  for (std::int64_t cell = 0; cell < cells; ++cell) {
    std::copy_n(classes + cell * layout.classes, layout.classes, scores.begin());
    if (layout.softmax) softmax(scores.data(), layout.classes);
    for (std::int64_t b = 0; b < layout.boxes; ++b) {
      const float* const v = boxes + 4 * (cell * layout.boxes + b);
      const float x = (static_cast<float>(cell % layout.side) + v[0]) / side, y = (static_cast<float>(cell / layout.side) + v[1]) / side;
      const float width = layout.sqrt ? v[2] * v[2] : v[2], height = layout.sqrt ? v[3] * v[3] : v[3];
      const Box box =
          box_around(x * request.input.width, y * request.input.height, width * request.input.width, height * request.input.height);
      for (std::int64_t i = 0; i < layout.classes; ++i) {
        const float score = confidences[cell * layout.boxes + b] * scores[static_cast<std::size_t>(i)];
        if (score >= confidence) candidates.push_back({.box = box, .score = score, .index = i});
      }
    }
  }
}

}  // namespace fovea
