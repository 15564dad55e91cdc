// Augmentations that are a function.
#pragma once

#include <cmath>
#include <utility>

#include "fovea/vision/random_changes.hpp"
#include "pixel_change.hpp"

namespace fovea {

/// Draw is a function (cv::Size, RandomStream&) -> std::unique_ptr<Transform>.
template <class Draw>
class DrawnChange final : public Augmentation {
 public:
  DrawnChange(Draw draw, bool sets_size) : draw_(std::move(draw)), sets_size_(sets_size) {}
  std::unique_ptr<Transform> draw(cv::Size input, RandomStream& stream) const override { return draw_(input, stream); }
  bool sets_size() const override { return sets_size_; }

 private:
  Draw draw_;
  bool sets_size_;
};

template <class Draw>
AugmentationPart drawn_change(Draw draw, bool sets_size = false) {
  return std::make_shared<DrawnChange<Draw>>(std::move(draw), sets_size);
}

/// Throws OptionError unless low <= value <= high.
inline void require_within(const char* name, const char* option, double value, double low, double high) {
  if (!(value >= low && value <= high))
    throw OptionError(fmt::format("[{}] {} is {}, expected a number from {} to {}", name, option, value, low, high));
}
/// Throws OptionError unless lowest <= low <= high <= highest.
inline void require_range(const char* name, const char* option, double low, double high, double lowest, double highest) {
  if (!(low >= lowest && low <= high && high <= highest))
    throw OptionError(
        fmt::format("[{}] {} is {} to {}, expected a range of numbers from {} to {}", name, option, low, high, lowest, highest));
}

/// Uniform in the logarithm.
inline double draw_scale(double low, double high, RandomStream& stream) { return std::exp(stream.uniform(std::log(low), std::log(high))); }

}  // namespace fovea
