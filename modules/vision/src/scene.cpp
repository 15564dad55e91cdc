#include "fovea/vision/scene.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <opencv2/imgproc.hpp>
#include <utility>
#include <vector>

#include "fovea/base/error.hpp"

namespace fovea {

namespace {

constexpr int kTries = 10;              // to find a place
constexpr double kDarkest = 0.3;        // what black cloth keeps of its colour: it is not a hole
constexpr int kBlack = 16;              // grey values up to this may be the ground
constexpr double kSmallestPart = 0.01;  // of the picture: smaller specks are no part of an object

/// An object as it will be laid: colours and opacity, on a canvas of their own.
struct Cutout {
  cv::Mat colours;  ///< 8-bit BGR
  cv::Mat opacity;  ///< 8 bits; at least 128 is the object
};

double log_uniform(RandomStream& stream, double low, double high) { return std::exp(stream.uniform(std::log(low), std::log(high))); }

/// A part of the photograph with the scene's proportions, at least half as large as fits.
cv::Mat draw_ground(const cv::Mat& background, RandomStream& stream, cv::Size size) {
  const double fits = std::min(static_cast<double>(background.cols) / size.width, static_cast<double>(background.rows) / size.height);
  const double zoom = fits * stream.uniform(0.5, 1);
  const int width = std::clamp(static_cast<int>(std::lround(zoom * size.width)), 1, background.cols);
  const int height = std::clamp(static_cast<int>(std::lround(zoom * size.height)), 1, background.rows);
  const auto x = static_cast<int>(stream.below(static_cast<std::uint64_t>(background.cols - width + 1)));
  const auto y = static_cast<int>(stream.below(static_cast<std::uint64_t>(background.rows - height + 1)));
  cv::Mat ground;
  cv::resize(background({x, y, width, height}), ground, size, 0, 0, width > size.width ? cv::INTER_AREA : cv::INTER_LINEAR);
  if (stream.chance(0.5)) cv::flip(ground, ground, 1);
  return ground;
}

cv::Vec3d draw_colour(RandomStream& stream) {
  const cv::Mat3f hsv(1, 1,
                      cv::Vec3f(static_cast<float>(stream.uniform(0, 360)), static_cast<float>(stream.uniform(0, 0.8)),
                                static_cast<float>(stream.uniform(0.5, 1))));
  cv::Mat3f bgr;
  cv::cvtColor(hsv, bgr, cv::COLOR_HSV2BGR);
  return bgr(0, 0);
}

Cutout draw_cutout(const cv::Mat& picture, RandomStream& stream, const SceneOptions& options) {
  const double side = log_uniform(stream, options.min_side, options.max_side) * std::min(options.size.width, options.size.height);
  const double scale = side / std::max(picture.cols, picture.rows);
  cv::Mat grey;
  cv::resize(picture, grey, {}, scale, scale, cv::INTER_CUBIC);
  if (stream.chance(0.5)) cv::flip(grey, grey, 1);
  const cv::Mat mask = object_mask(grey);
  const int canvas = static_cast<int>(std::ceil(std::hypot(grey.cols, grey.rows))) + 2;
  cv::Mat turn = cv::getRotationMatrix2D({(grey.cols - 1) / 2.0F, (grey.rows - 1) / 2.0F},
                                         stream.uniform(-options.max_degrees, options.max_degrees), 1);
  turn.at<double>(0, 2) += (canvas - grey.cols) / 2.0;
  turn.at<double>(1, 2) += (canvas - grey.rows) / 2.0;
  Cutout cutout;
  cv::Mat turned;
  cv::warpAffine(grey, turned, turn, {canvas, canvas}, cv::INTER_LINEAR);
  cv::warpAffine(mask, cutout.opacity, turn, {canvas, canvas}, cv::INTER_LINEAR);
  const cv::Vec3d colour = draw_colour(stream);
  cv::Mat light;
  turned.convertTo(light, CV_32F, 1 - kDarkest, 255 * kDarkest);
  std::vector<cv::Mat> planes(3);
  for (int c = 0; c < 3; ++c) light.convertTo(planes[static_cast<std::size_t>(c)], CV_8U, colour[c]);
  cv::merge(planes, cutout.colours);
  return cutout;
}

/// The cut-out's pixels that are inside the scene when its upper left corner is at `corner`: in the scene, and on the canvas.
std::pair<cv::Rect, cv::Rect> overlap(const Cutout& cutout, cv::Point corner, cv::Size scene) {
  const cv::Rect inside = cv::Rect(corner, cutout.opacity.size()) & cv::Rect({0, 0}, scene);
  return {inside, inside - corner};
}

void blend(cv::Mat& image, const Cutout& cutout, cv::Rect inside, cv::Rect on_canvas) {
  for (int y = 0; y < inside.height; ++y) {
    auto* const ground = image.ptr<cv::Vec3b>(inside.y + y) + inside.x;
    const auto* const colours = cutout.colours.ptr<cv::Vec3b>(on_canvas.y + y) + on_canvas.x;
    const std::uint8_t* const opacity = cutout.opacity.ptr(on_canvas.y + y) + on_canvas.x;
    for (int x = 0; x < inside.width; ++x)
      for (int c = 0; c < 3; ++c)
        ground[x][c] = static_cast<std::uint8_t>((opacity[x] * colours[x][c] + (255 - opacity[x]) * ground[x][c] + 127) / 255);
  }
}

/// What is on the photograph so far: for each pixel the number of the object that is seen there, from 1.
class Layout {
 public:
  Layout(cv::Size size, double smallest_visible) : owners_(size, 0), smallest_visible_(smallest_visible) {}

  /// Lays an object down unless too little of it, or of another one, would be seen.
  bool lay(const cv::Mat& opaque, int whole, cv::Rect inside, cv::Rect on_canvas) {
    if (inside.empty()) return false;
    const cv::Mat here = opaque(on_canvas);
    const int seen = cv::countNonZero(here);
    if (seen == 0 || seen < smallest_visible_ * whole) return false;
    std::vector<int> left = seen_;
    for (int y = 0; y < inside.height; ++y)
      for (int x = 0; x < inside.width; ++x)
        if (const int owner = owners_(inside.y + y, inside.x + x); here.at<std::uint8_t>(y, x) != 0 && owner > 0)
          --left[static_cast<std::size_t>(owner - 1)];
    for (std::size_t i = 0; i < left.size(); ++i)
      if (left[i] < smallest_visible_ * whole_[i]) return false;
    seen_ = std::move(left);
    seen_.push_back(seen);
    whole_.push_back(whole);
    owners_(inside).setTo(static_cast<int>(seen_.size()), here);
    return true;
  }

  cv::Mat mask_of(std::size_t object) const { return owners_ == static_cast<int>(object + 1); }

 private:
  cv::Mat1i owners_;
  double smallest_visible_;
  std::vector<int> seen_, whole_;  // pixels of each object
};

void require_type(const cv::Mat& image, int type, const char* what) {
  if (image.empty() || image.dims != 2 || image.type() != type)
    throw ShapeError(fmt::format("[make_scene] {} is a picture of {}, found {} of {}x{} pixels", what, cv::typeToString(type),
                                 cv::typeToString(image.type()), image.cols, image.rows));
}

}  // namespace

void check_scene_options(const SceneOptions& o) {
  if (o.size.width < 16 || o.size.height < 16)
    throw OptionError(fmt::format("[make_scene] a scene has at least 16x16 pixels, found {}x{}", o.size.width, o.size.height));
  if (!(o.min_side > 0 && o.min_side <= o.max_side && o.max_side <= 1))
    throw OptionError(
        fmt::format("[make_scene] sides of objects are 0 < min <= max <= 1 of the scene's, found {} and {}", o.min_side, o.max_side));
  if (!(o.max_degrees >= 0 && o.max_degrees <= 180))
    throw OptionError(fmt::format("[make_scene] degrees are in [0, 180], found {}", o.max_degrees));
  if (!(o.smallest_visible > 0 && o.smallest_visible <= 1))
    throw OptionError(fmt::format("[make_scene] the visible part is in (0, 1], found {}", o.smallest_visible));
}

cv::Mat object_mask(const cv::Mat& picture) {
  require_type(picture, CV_8UC1, "an object");
  cv::Mat bordered;  // so that no outline runs along the edge
  cv::copyMakeBorder(picture > kBlack, bordered, 1, 1, 1, 1, cv::BORDER_CONSTANT, 0);
  std::vector<std::vector<cv::Point>> outlines;
  cv::findContours(bordered, outlines, cv::RETR_EXTERNAL, cv::CHAIN_APPROX_NONE);
  cv::Mat mask(bordered.size(), CV_8UC1, cv::Scalar(0));
  for (std::size_t i = 0; i < outlines.size(); ++i)
    if (cv::contourArea(outlines[i]) >= kSmallestPart * static_cast<double>(picture.total()))
      cv::drawContours(mask, outlines, static_cast<int>(i), 255, cv::FILLED);
  return mask({1, 1, picture.cols, picture.rows}).clone();
}

AnnotatedImage make_scene(const cv::Mat& background, std::span<const SceneObject> objects, RandomStream& stream,
                          const SceneOptions& options) {
  check_scene_options(options);
  require_type(background, CV_8UC3, "the background");
  AnnotatedImage scene{.image = draw_ground(background, stream, options.size)};
  Layout layout(options.size, options.smallest_visible);
  std::vector<std::int64_t> labels;
  for (const SceneObject& object : objects) {
    require_type(object.picture, CV_8UC1, "an object");
    const Cutout cutout = draw_cutout(object.picture, stream, options);
    const cv::Mat opaque = cutout.opacity >= 128;
    const int whole = cv::countNonZero(opaque);
    for (int attempt = 0; attempt < kTries; ++attempt) {
      const cv::Point corner(static_cast<int>(stream.below(static_cast<std::uint64_t>(options.size.width))) - cutout.opacity.cols / 2,
                             static_cast<int>(stream.below(static_cast<std::uint64_t>(options.size.height))) - cutout.opacity.rows / 2);
      const auto [inside, on_canvas] = overlap(cutout, corner, options.size);
      if (!layout.lay(opaque, whole, inside, on_canvas)) continue;
      blend(scene.image, cutout, inside, on_canvas);
      labels.push_back(object.label);
      break;
    }
  }
  scene.labels = cv::Mat(options.size, CV_8UC1, cv::Scalar(0));
  for (std::size_t i = 0; i < labels.size(); ++i) {
    const cv::Mat mask = layout.mask_of(i);
    scene.labels.setTo(static_cast<double>(labels[i] + 1), mask);
    AnnotatedObject object{.label = labels[i], .mask = encode_mask(mask)};
    object.box = box_around(*object.mask);
    scene.objects.push_back(std::move(object));
  }
  return scene;
}

}  // namespace fovea
