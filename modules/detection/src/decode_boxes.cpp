#include "fovea/detection/decode_boxes.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "fovea/base/error.hpp"
#include "fovea/detection/box_coder.hpp"

namespace fovea {

namespace {

void require_image(const char* op, const Tensor& tensor, const DecodeRequest& request) {
  if (request.image < 0 || request.image >= tensor.extent(0))
    throw ShapeError(fmt::format("[{}] image {} of a batch of {}", op, request.image, tensor.extent(0)));
}

void require(bool condition, const char* op, const char* expected, const Tensor& found) {
  if (!condition)
    throw ShapeError(fmt::format("[{}] expected f32 {}, found {} {}", op, expected, name_of(found.dtype()), found.shape().to_string()));
}

bool is_f32(const Tensor& tensor, int rank) { return tensor.dtype() == DType::f32 && tensor.rank() == rank; }

Box scaled(const Box& box, cv::Size2f input) {
  return {box.x1 * input.width, box.y1 * input.height, box.x2 * input.width, box.y2 * input.height};
}

/// Four numbers, relative to a prior.
Box decoded(const float* box, const float* prior, const PriorHeadLayout& layout) {
  const auto center = static_cast<float>(1 / layout.center_variance), size = static_cast<float>(1 / layout.size_variance);
  return decode_deltas({box[0], box[1], box[2], box[3]}, box_around(prior[0], prior[1], prior[2], prior[3]), {center, center, size, size});
}

}  // namespace

std::vector<float> make_priors(const PriorLayout& layout, cv::Size2f input) {
  if (layout.strides.size() != layout.sizes.size())
    throw OptionError(fmt::format("priors have {} strides but sizes for {}", layout.strides.size(), layout.sizes.size()));
  std::vector<float> priors;
  const auto part = [](double value) { return static_cast<float>(std::clamp(value, 0.0, 1.0)); };
  for (std::size_t level = 0; level < layout.strides.size(); ++level) {
    const auto stride = static_cast<double>(layout.strides[level]);
    if (!(stride >= 1)) throw OptionError(fmt::format("a stride of priors is at least 1, found {}", stride));
    const double columns = input.width / stride, rows = input.height / stride;
    for (int row = 0; row < std::ceil(rows); ++row)
      for (int column = 0; column < std::ceil(columns); ++column)
        for (const double size : layout.sizes[level])
          for (const float number :
               {part((column + 0.5) / columns), part((row + 0.5) / rows), part(size / input.width), part(size / input.height)})
            priors.push_back(number);
  }
  return priors;
}

void decode_priors(const Tensor& boxes, const Tensor& scores, const PriorHeadLayout& layout, const DecodeRequest& request,
                   Detections& candidates) {
  constexpr const char* kName = "decode_priors";
  require(is_f32(boxes, 3) && boxes.extent(2) == 4, kName, "boxes [N,P,4]", boxes);
  require(is_f32(scores, 3) && scores.extent(0) == boxes.extent(0) && scores.extent(1) == boxes.extent(1), kName,
          "scores [N,P,classes] beside boxes", scores);
  require_image(kName, boxes, request);
  const std::int64_t count = boxes.extent(1), classes = scores.extent(2);
  const std::vector<float> priors = layout.is_encoded ? make_priors(layout.priors, request.input) : std::vector<float>();
  if (layout.is_encoded && static_cast<std::int64_t>(priors.size()) != 4 * count)
    throw ShapeError(fmt::format("[{}] the layout has {} priors for an input of {}x{}, but there are {} boxes", kName, priors.size() / 4,
                                 request.input.width, request.input.height, count));
  const float* box = boxes.data<float>() + request.image * count * 4;
  const float* score = scores.data<float>() + request.image * count * classes;
  const std::int64_t first = layout.has_background ? 1 : 0;
  for (std::int64_t i = 0; i < count; ++i, box += 4, score += classes)
    for (std::int64_t c = first; c < classes; ++c) {
      if (!(score[c] >= static_cast<float>(request.confidence))) continue;
      const Box found = layout.is_encoded ? decoded(box, priors.data() + 4 * i, layout) : Box{box[0], box[1], box[2], box[3]};
      candidates.push_back({.box = scaled(found, request.input), .score = score[c], .index = c - first});
    }
}

void decode_rows(const Tensor& rows, const RowLayout& layout, const DecodeRequest& request, Detections& candidates) {
  constexpr const char* kName = "decode_rows";
  const std::int64_t head = layout.has_objectness ? 5 : 4, values = head + layout.classes;
  require(is_f32(rows, 3) && rows.extent(layout.transposed ? 1 : 2) == values, kName,
          layout.transposed ? "[N,values,boxes] with 4 or 5 values and the classes" : "[N,boxes,values] with 4 or 5 values and the classes",
          rows);
  require_image(kName, rows, request);
  const std::int64_t count = rows.extent(layout.transposed ? 2 : 1);
  const std::int64_t step = layout.transposed ? count : 1, pitch = layout.transposed ? 1 : values;
  const float* const first = rows.data<float>() + request.image * count * values;
  const auto confidence = static_cast<float>(request.confidence);
  for (std::int64_t i = 0; i < count; ++i) {
    const float* const v = first + i * pitch;
    const float object = layout.has_objectness ? v[4 * step] : 1;
    if (!(object >= confidence)) continue;
    for (std::int64_t c = 0; c < layout.classes; ++c) {
      const float score = object * v[(head + c) * step];
      if (score >= confidence)
        candidates.push_back({.box = box_around(v[0], v[step], v[2 * step], v[3 * step]), .score = score, .index = c});
    }
  }
}

void decode_ssd(const Tensor& rows, std::int64_t classes, const DecodeRequest& request, Detections& candidates) {
  require(is_f32(rows, 4) && rows.extent(3) == 7, "decode_ssd", "[1,1,boxes,7]", rows);
  for (std::int64_t i = 0; i < rows.numel() / 7; ++i) {
    const float* const v = rows.data<float>() + 7 * i;
    if (static_cast<std::int64_t>(v[0]) != request.image || !(v[2] >= static_cast<float>(request.confidence))) continue;
    const auto index = static_cast<std::int64_t>(v[1]) - 1;
    if (index < 0 || index >= classes) throw ShapeError(fmt::format("[decode_ssd] a box is of class {}, expected 1 to {}", v[1], classes));
    candidates.push_back({.box = scaled({v[3], v[4], v[5], v[6]}, request.input), .score = v[2], .index = index});
  }
}

}  // namespace fovea
