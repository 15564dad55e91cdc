#include "fovea/vision/mixed_samples.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <opencv2/core.hpp>

#include "fovea/base/error.hpp"

namespace fovea {

namespace {

void require_part(const char* name, const char* option, double value) {
  if (!(value >= 0 && value <= 1)) throw OptionError(fmt::format("[{}] {} is {}, expected a number in [0, 1]", name, option, value));
}

void require_same_type(const char* name, const AnnotatedImage& a, const AnnotatedImage& b) {
  if (a.image.type() != b.image.type())
    throw ShapeError(fmt::format("[{}] pictures of {} and {}", name, cv::typeToString(a.image.type()), cv::typeToString(b.image.type())));
}

AnnotatedImage brought_to_size(const AnnotatedImage& sample, cv::Size size, const AnnotationOptions& options) {
  if (sample.image.size() == size) return sample;
  return transformed(*make_letterbox(sample.image.size(), size, 114), sample, options);
}

void append(std::vector<AnnotatedObject>& objects, std::vector<AnnotatedObject> more) {
  objects.insert(objects.end(), std::make_move_iterator(more.begin()), std::make_move_iterator(more.end()));
}

/// Objects of a picture that lies in `area` of a larger one.
void append_placed(std::vector<AnnotatedObject>& objects, const std::vector<AnnotatedObject>& more, cv::Rect area, cv::Size size) {
  append(objects, transformed_objects(*make_crop(area.size(), {-area.tl(), size}), more, {.smallest_visible = 0, .shortest_side = 0}));
}

/// What is left of `mask` outside `cover`, of one channel of 8 bits.
RleMask uncovered(const RleMask& mask, const cv::Mat& cover) {
  cv::Mat pixels = decode_mask(mask);
  pixels.setTo(0, cover);
  return encode_mask(pixels);
}

/// The objects of a picture of which `cover` hides a part. Objects without a mask count by their box.
std::vector<AnnotatedObject> partly_covered(const std::vector<AnnotatedObject>& objects, const cv::Mat& cover, double smallest_visible) {
  std::vector<AnnotatedObject> left;
  for (const AnnotatedObject& object : objects) {
    const cv::Rect box = cv::Rect(cv::Point(static_cast<int>(std::floor(object.box.x1)), static_cast<int>(std::floor(object.box.y1))),
                                  cv::Point(static_cast<int>(std::ceil(object.box.x2)), static_cast<int>(std::ceil(object.box.y2)))) &
                         cv::Rect({0, 0}, cover.size());
    if (box.empty() || cv::countNonZero(cover(box)) == 0) {
      left.push_back(object);
      continue;
    }
    AnnotatedObject changed = object;
    double visible = 1 - static_cast<double>(cv::countNonZero(cover(box))) / box.area();
    if (object.mask) {
      changed.mask = uncovered(*object.mask, cover);
      visible = static_cast<double>(mask_area(*changed.mask)) / std::max(1u, mask_area(*object.mask));
      changed.box = box_around(*changed.mask);
      if (visible < 1) changed.polygons.clear();
    }
    if (visible > 0 && visible >= smallest_visible) left.push_back(std::move(changed));
  }
  return left;
}

}  // namespace

AnnotatedImage mosaic(const std::array<AnnotatedImage, 4>& samples, RandomStream& stream, const MosaicOptions& options) {
  const cv::Size size = options.output;
  for (const AnnotatedImage& sample : samples) require_same_type("mosaic", samples[0], sample);
  const cv::Point centre(static_cast<int>(std::lround(size.width * stream.uniform(0.25, 0.75))),
                         static_cast<int>(std::lround(size.height * stream.uniform(0.25, 0.75))));
  AnnotatedImage result{.image = cv::Mat(size, samples[0].image.type(), cv::Scalar::all(options.pad_value))};
  if (std::none_of(samples.begin(), samples.end(), [](const AnnotatedImage& sample) { return sample.labels.empty(); }))
    result.labels = cv::Mat(size, samples[0].labels.type(), cv::Scalar::all(options.annotations.label_fill));
  for (std::size_t i = 0; i < samples.size(); ++i) {
    const bool is_right = i % 2 == 1, is_below = i / 2 == 1;
    const cv::Rect cell(cv::Point(is_right ? centre.x : 0, is_below ? centre.y : 0),
                        cv::Point(is_right ? size.width : centre.x, is_below ? size.height : centre.y));
    const cv::Size input = samples[i].image.size();
    const double scale =
        stream.uniform(options.min_scale, options.max_scale) * std::max(size.width, size.height) / std::max(input.width, input.height);
    const cv::Size scaled(std::max(1, static_cast<int>(std::lround(input.width * scale))),
                          std::max(1, static_cast<int>(std::lround(input.height * scale))));
    if (cell.empty()) continue;
    // The corner that touches the centre is where the cell's is.
    const cv::Point corner(is_right ? 0 : scaled.width - cell.width, is_below ? 0 : scaled.height - cell.height);
    const auto to_cell = chain(input, make_resize(input, scaled), make_crop(scaled, {corner, cell.size()}, options.pad_value));
    AnnotatedImage part = transformed(*to_cell, samples[i], options.annotations);
    part.image.copyTo(result.image(cell));
    if (!result.labels.empty()) part.labels.copyTo(result.labels(cell));
    append_placed(result.objects, part.objects, cell, size);
  }
  return result;
}

AnnotatedImage mixup(const AnnotatedImage& a, const AnnotatedImage& b, double share, const AnnotationOptions& options) {
  require_part("mixup", "the share", share);
  require_same_type("mixup", a, b);
  AnnotatedImage other = brought_to_size(b, a.image.size(), options);
  AnnotatedImage result{.image = {}, .objects = a.objects, .labels = a.labels.clone()};
  cv::addWeighted(a.image, share, other.image, 1 - share, 0, result.image);
  append(result.objects, std::move(other.objects));
  return result;
}

CutmixResult cutmix(const AnnotatedImage& a, const AnnotatedImage& b, double share, RandomStream& stream,
                    const AnnotationOptions& options) {
  require_part("cutmix", "the share", share);
  require_same_type("cutmix", a, b);
  const cv::Size size = a.image.size();
  const AnnotatedImage other = brought_to_size(b, size, options);
  const double side = std::sqrt(1 - share);
  const cv::Size window(static_cast<int>(std::lround(size.width * side)), static_cast<int>(std::lround(size.height * side)));
  const auto x = static_cast<int>(stream.below(static_cast<std::uint64_t>(size.width)));
  const auto y = static_cast<int>(stream.below(static_cast<std::uint64_t>(size.height)));
  const cv::Rect area = cv::Rect({x - window.width / 2, y - window.height / 2}, window) & cv::Rect({0, 0}, size);
  CutmixResult result{.sample = {.image = a.image.clone(), .objects = {}, .labels = a.labels.clone()},
                      .share = 1 - static_cast<double>(area.area()) / size.area()};
  if (area.empty()) {
    result.sample.objects = a.objects;
    return result;
  }
  cv::Mat cover = cv::Mat::zeros(size, CV_8U);
  cover(area).setTo(255);
  other.image(area).copyTo(result.sample.image(area));
  if (!a.labels.empty() && !other.labels.empty()) other.labels(area).copyTo(result.sample.labels(area));
  AnnotationOptions mostly = options;
  mostly.smallest_visible = std::max(0.5, options.smallest_visible);
  result.sample.objects = partly_covered(a.objects, cover, mostly.smallest_visible);
  append_placed(result.sample.objects, transformed_objects(*make_crop(size, area), other.objects, mostly), area, size);
  return result;
}

AnnotatedImage copy_paste(const AnnotatedImage& a, const AnnotatedImage& b, double probability, RandomStream& stream,
                          const AnnotationOptions& options) {
  require_part("copy-paste", "the probability", probability);
  require_same_type("copy-paste", a, b);
  AnnotatedImage other = brought_to_size(b, a.image.size(), options);
  std::erase_if(other.objects, [&](const AnnotatedObject& object) { return !stream.chance(probability) || !object.mask; });
  cv::Mat cover = cv::Mat::zeros(a.image.size(), CV_8U);
  for (const AnnotatedObject& object : other.objects) cover |= decode_mask(*object.mask);
  AnnotatedImage result{.image = a.image.clone(), .objects = {}, .labels = a.labels.clone()};
  other.image.copyTo(result.image, cover);
  if (!a.labels.empty() && !other.labels.empty()) other.labels.copyTo(result.labels, cover);
  result.objects = partly_covered(a.objects, cover, options.smallest_visible);
  append(result.objects, std::move(other.objects));
  return result;
}

}  // namespace fovea
