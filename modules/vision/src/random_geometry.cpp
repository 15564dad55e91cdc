#include <algorithm>
#include <array>
#include <numbers>
#include <opencv2/imgproc.hpp>

#include "drawn_change.hpp"

namespace fovea {

namespace {

constexpr double kRadians = std::numbers::pi / 180;

cv::Matx33d translation(double x, double y) { return {1, 0, x, 0, 1, y, 0, 0, 1}; }

/// A first row or column for a window that has so much room, anywhere in the image; anywhere around it where the room is negative.
int draw_place(int room, RandomStream& stream) {
  const auto offset = static_cast<int>(stream.below(static_cast<std::uint64_t>(std::abs(room)) + 1));
  return room < 0 ? -offset : offset;
}

class Sometimes final : public Augmentation {
 public:
  Sometimes(double probability, AugmentationPart part) : probability_(probability), part_(std::move(part)) {}
  std::unique_ptr<Transform> draw(cv::Size input, RandomStream& stream) const override { return draw_with(input, {}, stream); }
  std::unique_ptr<Transform> draw_with(cv::Size input, const std::vector<Box>& boxes, RandomStream& stream) const override {
    return stream.chance(probability_) ? part_->draw_with(input, boxes, stream) : make_chain(input, {});
  }
  bool sets_size() const override { return part_->sets_size(); }

 private:
  double probability_;
  AugmentationPart part_;
};

/// A part of the image that looks at its objects.
class SsdCrop final : public Augmentation {
 public:
  std::unique_ptr<Transform> draw(cv::Size input, RandomStream& stream) const override { return draw_with(input, {}, stream); }
  std::unique_ptr<Transform> draw_with(cv::Size input, const std::vector<Box>& boxes, RandomStream& stream) const override {
    constexpr std::array kOverlaps{0.0, 0.1, 0.3, 0.5, 0.7, 0.9};  // 0: any part
    constexpr int kTries = 50;
    const std::uint64_t choice = stream.below(kOverlaps.size() + 1);
    if (choice == kOverlaps.size()) return make_chain(input, {});
    for (int attempt = 0; attempt < kTries; ++attempt) {
      const cv::Rect area = draw_area(input, stream);
      if (area.empty()) continue;
      const Box box{static_cast<float>(area.x), static_cast<float>(area.y), static_cast<float>(area.br().x),
                    static_cast<float>(area.br().y)};
      const bool fits = choice == 0 || boxes.empty() ||
                        std::any_of(boxes.begin(), boxes.end(), [&](const Box& object) { return iou(object, box) >= kOverlaps[choice]; });
      if (fits) return make_crop(input, area);
    }
    return make_chain(input, {});
  }

 private:
  /// Empty when its proportions are wrong.
  static cv::Rect draw_area(cv::Size input, RandomStream& stream) {
    const double width = std::round(input.width * stream.uniform(0.3, 1)), height = std::round(input.height * stream.uniform(0.3, 1));
    const double left = stream.uniform(0, input.width - width), top = stream.uniform(0, input.height - height);
    if (width < 1 || height < 1 || width / height < 0.5 || width / height > 2) return {};
    return {static_cast<int>(left), static_cast<int>(top), static_cast<int>(width), static_cast<int>(height)};
  }
};

}  // namespace

AugmentationPart sometimes(double probability, AugmentationPart part) {
  require_within("sometimes", "the probability", probability, 0, 1);
  return std::make_shared<Sometimes>(probability, std::move(part));
}

AugmentationPart random_affine(const RandomAffineOptions& options) {
  require_within("random affine", "the turn in degrees", options.degrees, 0, 180);
  require_within("random affine", "the translation", options.translation, 0, 1);
  require_within("random affine", "the shear in degrees", options.shear_degrees, 0, 80);
  require_range("random affine", "the scale", options.min_scale, options.max_scale, 0.01, 100);
  return drawn_change([options](cv::Size size, RandomStream& stream) {
    const double turn = stream.uniform(-options.degrees, options.degrees) * kRadians;
    const double shear = std::tan(stream.uniform(-options.shear_degrees, options.shear_degrees) * kRadians);
    const double scale = draw_scale(options.min_scale, options.max_scale, stream);
    const double x = stream.uniform(-options.translation, options.translation) * size.width;
    const double y = stream.uniform(-options.translation, options.translation) * size.height;
    const cv::Matx33d slanted(1, shear, 0, 0, 1, 0, 0, 0, 1);
    const cv::Matx33d turned(scale * std::cos(turn), -scale * std::sin(turn), 0, scale * std::sin(turn), scale * std::cos(turn), 0, 0, 0,
                             1);
    const double centre_x = size.width / 2.0, centre_y = size.height / 2.0;
    return make_projective(size, size, translation(centre_x + x, centre_y + y) * turned * slanted * translation(-centre_x, -centre_y),
                           options.pad_value);
  });
}

AugmentationPart random_perspective(double distortion, double pad_value) {
  require_within("random perspective", "the distortion", distortion, 0, 0.9);
  return drawn_change([=](cv::Size size, RandomStream& stream) {
    const auto width = static_cast<float>(size.width), height = static_cast<float>(size.height);
    const auto inwards = [&](float side) { return static_cast<float>(stream.uniform(0, distortion * side / 2)); };
    const cv::Point2f from[] = {{0, 0}, {width, 0}, {width, height}, {0, height}};
    cv::Point2f to[4];
    for (std::size_t i = 0; i < 4; ++i) {
      const float x = inwards(width), y = inwards(height);
      to[i] = {from[i].x > 0 ? width - x : x, from[i].y > 0 ? height - y : y};
    }
    return make_projective(size, size, cv::Matx33d(cv::getPerspectiveTransform(from, to)), pad_value);
  });
}

AugmentationPart random_lens_distortion(double strength, double pad_value) {
  require_within("random lens distortion", "the strength", strength, 0, 0.29);
  return drawn_change(
      [=](cv::Size size, RandomStream& stream) { return make_lens_distortion(size, stream.uniform(-strength, strength), pad_value); });
}

AugmentationPart random_elastic(const ElasticOptions& options) {
  require_within("random elastic", "sigma", options.sigma, 0, 1e6);
  require_within("random elastic", "nodes across", options.nodes.width, 2, 1000);
  require_within("random elastic", "nodes down", options.nodes.height, 2, 1000);
  return drawn_change([options](cv::Size size, RandomStream& stream) {
    constexpr double kSteepest = 0.44;  // make_elastic refuses 0.45
    const double distance = std::min(static_cast<double>(size.width) / (options.nodes.width - 1),
                                     static_cast<double>(size.height) / (options.nodes.height - 1));
    std::vector<cv::Point2d> displacements;
    double largest = 0;
    for (int i = 0; i < options.nodes.area(); ++i) {
      const double x = options.sigma * stream.normal(), y = options.sigma * stream.normal();
      displacements.emplace_back(x, y);
      largest = std::max({largest, std::abs(x), std::abs(y)});
    }
    // Neighbours differ by at most twice the largest.
    const double scale = std::min(1.0, kSteepest * distance / std::max(2 * largest, 1e-12));
    for (cv::Point2d& displacement : displacements) displacement *= scale;
    return make_elastic(size, options.nodes, std::move(displacements), options.pad_value);
  });
}

AugmentationPart random_scale_crop(int min_side, int max_side, cv::Size output, double pad_value) {
  require_range("random scale crop", "the shorter side", min_side, max_side, 1, 1 << 20);
  require_within("random scale crop", "the output's width", output.width, 1, 1 << 20);
  require_within("random scale crop", "the output's height", output.height, 1, 1 << 20);
  return drawn_change(
      [=](cv::Size size, RandomStream& stream) {
        const auto side =
            static_cast<double>(min_side + static_cast<int>(stream.below(static_cast<std::uint64_t>(max_side - min_side) + 1)));
        const double scale = side / std::min(size.width, size.height);
        const auto scaled = [&](int length) { return std::max(1, static_cast<int>(std::lround(length * scale))); };
        const cv::Size resized(scaled(size.width), scaled(size.height));
        const int x = draw_place(resized.width - output.width, stream), y = draw_place(resized.height - output.height, stream);
        return chain(size, make_resize(size, resized), make_crop(resized, {{x, y}, output}, pad_value));
      },
      true);
}

AugmentationPart random_patch(cv::Size output, double min_scale, double max_scale, double pad_value) {
  require_range("random patch", "the scale", min_scale, max_scale, 0.01, 100);
  require_within("random patch", "the output's width", output.width, 1, 1 << 20);
  require_within("random patch", "the output's height", output.height, 1, 1 << 20);
  return drawn_change(
      [=](cv::Size size, RandomStream& stream) {
        const double scale = draw_scale(min_scale, max_scale, stream);
        const auto unscaled = [&](int length) { return std::max(1, static_cast<int>(std::lround(length / scale))); };
        const cv::Size window(unscaled(output.width), unscaled(output.height));
        const int x = draw_place(size.width - window.width, stream), y = draw_place(size.height - window.height, stream);
        return chain(size, make_crop(size, {{x, y}, window}, pad_value), make_resize(window, output));
      },
      true);
}

AugmentationPart random_ssd_crop() { return std::make_shared<SsdCrop>(); }

AugmentationPart letterbox(cv::Size output, double pad_value) {
  require_within("letterbox", "the output's width", output.width, 1, 1 << 20);
  require_within("letterbox", "the output's height", output.height, 1, 1 << 20);
  return drawn_change([=](cv::Size size, RandomStream&) { return make_letterbox(size, output, pad_value); }, true);
}

}  // namespace fovea
