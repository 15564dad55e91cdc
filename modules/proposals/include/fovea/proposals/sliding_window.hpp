// Windows of a few shapes at every place: the proposals that need no image.
#pragma once

#include <cstdint>
#include <vector>

#include "fovea/proposals/proposal_source.hpp"

namespace fovea {

struct SlidingWindowOptions {
  std::vector<double> sizes = {32};           ///< square roots of the smallest windows' areas, pixels
  std::vector<double> aspects = {0.5, 1, 2};  ///< width / height
  double stride = 0.25;                       ///< step along each axis, as a share of the window's side there
  double pyramid = 1.5;                       ///< each level's windows are larger by this factor; 1: one level
  std::int64_t max_boxes = 0;                 ///< 0: all
  std::uint64_t seed = 0;                     ///< of the order
};

/// All windows that fit into the image, on every level up to the largest that fits: what a classifier on windows of one size sees in a
/// pyramid of shrunk images. Sides are rounded to whole pixels; the last window of a row or column touches the border. A window says
/// nothing about the image: the order is a seeded permutation, so that any number of first ones is an even sample, and scores fall from 1
/// evenly. An image that holds no window gives itself as the only one.
class SlidingWindows final : public ProposalSource {
 public:
  /// Throws OptionError for empty lists and for values that are not positive and finite, a stride above 1, a pyramid below 1, negative
  /// max_boxes.
  explicit SlidingWindows(SlidingWindowOptions options = {});
  /// Throws OptionError when there would be more than 2^24 windows.
  std::vector<Proposal> propose(const cv::Mat& image) const override;

 private:
  SlidingWindowOptions options_;
};

/// Boxes with whole-pixel corners and at least one pixel in an image: H (H + 1) / 2 W (W + 1) / 2. Why nobody classifies all of them.
double count_boxes(std::int64_t height, std::int64_t width);

}  // namespace fovea
