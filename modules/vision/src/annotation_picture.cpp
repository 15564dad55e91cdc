#include "fovea/vision/annotation_picture.hpp"

#include <algorithm>
#include <cmath>
#include <opencv2/imgproc.hpp>
#include <set>

#include "picture_input.hpp"
#include "text_painter.hpp"

namespace fovea {

namespace {

/// Mixes the colour into the picture where `mask` is not 0.
void tint(cv::Mat& picture, const cv::Mat& mask, cv::Scalar color) {
  constexpr double kStrength = 0.45;
  cv::Mat tinted(picture.size(), picture.type(), color);
  cv::addWeighted(picture, 1 - kStrength, tinted, kStrength, 0, tinted);
  tinted.copyTo(picture, mask);
}

void tint_classes(cv::Mat& picture, const cv::Mat& labels, int ignored) {
  std::set<int> present;
  cv::Mat numbers;
  labels.convertTo(numbers, CV_32S);
  for (auto at = numbers.begin<int>(); at != numbers.end<int>(); ++at) present.insert(*at);
  for (const int label : present)
    if (label > 0 && label != ignored) tint(picture, labels == label, class_color(label));
}

cv::Point rounded(cv::Point2d point) { return {cvRound(point.x), cvRound(point.y)}; }

void draw_name(cv::Mat& picture, const std::string& name, const Box& box, cv::Scalar color, double letters) {
  const TextPainter painter(letters, readable_on(color));
  const int height = painter.line_height(), width = painter.width_of(name) + static_cast<int>(letters);
  const int top = std::clamp(static_cast<int>(box.y1) - height, 0, std::max(0, picture.rows - height));
  const int left = std::clamp(static_cast<int>(box.x1), 0, std::max(0, picture.cols - width));
  cv::rectangle(picture, cv::Rect(left, top, width, height), color, cv::FILLED);
  painter.draw(picture, name, {left + static_cast<int>(letters / 2), top + height / 2});
}

}  // namespace

cv::Scalar class_color(std::int64_t index) {
  // Steps of the golden ratio around the circle of hues keep neighbours far apart.
  const double hue = std::fmod(0.03 + static_cast<double>(index) * 0.6180339887498949, 1.0);
  cv::Mat color(1, 1, CV_8UC3, cv::Scalar(hue * 180, index % 2 == 0 ? 230 : 170, index % 3 == 0 ? 255 : 215));
  cv::cvtColor(color, color, cv::COLOR_HSV2BGR);
  const auto bgr = color.at<cv::Vec3b>(0, 0);
  return {static_cast<double>(bgr[0]), static_cast<double>(bgr[1]), static_cast<double>(bgr[2])};
}

cv::Mat draw_annotations(const AnnotatedImage& sample, std::span<const std::string> names, int ignored) {
  cv::Mat picture = picture_input(sample.image, "draw_annotations").clone();
  const double letters = std::clamp(std::max(picture.cols, picture.rows) / 60.0, 6.0, 40.0);
  const int line = std::max(1, static_cast<int>(std::lround(letters / 6)));
  if (!sample.labels.empty()) tint_classes(picture, sample.labels, ignored);
  for (const AnnotatedObject& object : sample.objects)
    if (object.mask) tint(picture, decode_mask(*object.mask), class_color(object.label));
  for (const AnnotatedObject& object : sample.objects) {
    const cv::Scalar color = class_color(object.label);
    for (const auto& polygon : object.polygons) {
      std::vector<cv::Point> points;
      for (const cv::Point2d& point : polygon) points.push_back(rounded(point));
      cv::polylines(picture, points, true, color, line, cv::LINE_AA);
    }
    cv::rectangle(picture, rounded({object.box.x1, object.box.y1}), rounded({object.box.x2 - 1, object.box.y2 - 1}), color, line);
    for (const KeyPoint& key_point : object.key_points)
      cv::circle(picture, rounded(key_point.place), 2 * line, color, key_point.is_visible ? cv::FILLED : 1, cv::LINE_AA);
  }
  for (const AnnotatedObject& object : sample.objects) {  // above all lines
    const auto index = static_cast<std::size_t>(object.label);
    const std::string name = index < names.size() ? names[index] : std::to_string(object.label);
    draw_name(picture, object.caption.empty() ? name : object.caption, object.box, class_color(object.label), letters);
  }
  return picture;
}

}  // namespace fovea
