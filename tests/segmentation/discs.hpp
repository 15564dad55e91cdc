// Pictures of bright discs on noise, with their label maps.
#pragma once

#include <fmt/format.h>

#include <opencv2/imgproc.hpp>

#include "fovea/base/random.hpp"
#include "fovea/data/segmentation_dataset.hpp"

namespace fovea::test {

/// Class 1 is a bright disc, class 0 what is behind; a stripe at the left border is ignored. Sizes differ from picture to picture.
class Discs final : public SegmentationDataset {
 public:
  explicit Discs(std::int64_t count, std::uint64_t seed = 1, cv::Size size = {36, 28}) {
    for (std::int64_t i = 0; i < count; ++i) {
      RandomStream stream(seed, static_cast<std::uint64_t>(i));
      const cv::Size own(size.width + static_cast<int>(i % 3), size.height);
      SegmentationSample sample{.image = cv::Mat(own, CV_8UC3), .labels = cv::Mat::zeros(own, CV_8UC1), .id = fmt::format("disc{}", i)};
      for (int y = 0; y < own.height; ++y)
        for (int x = 0; x < 3 * own.width; ++x) sample.image.ptr(y)[x] = static_cast<std::uint8_t>(stream.below(80));
      for (int disc = 0; disc < 2; ++disc) {
        const cv::Point middle(6 + static_cast<int>(stream.below(24)), 5 + static_cast<int>(stream.below(18)));
        cv::circle(sample.image, middle, 4, cv::Scalar(200, 220, 240), cv::FILLED);
        cv::circle(sample.labels, middle, 4, cv::Scalar(1), cv::FILLED);
      }
      sample.labels.colRange(0, 2) = 255;
      samples_.push_back(std::move(sample));
    }
  }

  std::int64_t size() const override { return std::ssize(samples_); }
  SegmentationSample get(std::int64_t index) const override { return samples_[static_cast<std::size_t>(index)]; }
  const std::vector<std::string>& labels() const override { return labels_; }
  const Palette& palette() const override { return palette_; }
  std::string id(std::int64_t index) const override { return get(index).id; }
  cv::Mat label_map(std::int64_t index) const override { return get(index).labels; }
  std::filesystem::path picture(std::int64_t) const override { return {}; }

  std::vector<std::string> labels_ = {"background", "disc"};
  std::vector<SegmentationSample> samples_;

 private:
  Palette palette_;
};

inline Preprocessing small_input(int width, int height) {
  return {.width = width, .height = height, .mean = {0.5, 0.5, 0.5}, .deviation = {0.25, 0.25, 0.25}};
}

}  // namespace fovea::test
