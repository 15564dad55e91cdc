// Masks of objects as run lengths: the form in which COCO stores and compares them.
#pragma once

#include <cstdint>
#include <opencv2/core/mat.hpp>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace fovea {

/// A binary mask as lengths of runs, read column by column (top to bottom, then left to right): background, object, background, ...
/// The first may be 0, no other is; together they cover height x width. The functions below make it so.
struct RleMask {
  std::uint32_t height = 0, width = 0;
  std::vector<std::uint32_t> counts;

  bool operator==(const RleMask&) const = default;
};

/// Checks runs that come from outside and brings them into the form above: runs of no length join their neighbours, and a background that
/// was left out at the end is added. Throws OptionError when height x width does not fit 32 bits or the runs cover more.
RleMask make_mask(std::span<const std::uint32_t> counts, std::int64_t height, std::int64_t width);

/// Everything that is not 0 in a picture of one channel of 8 bits belongs to the object. Throws OptionError for other pictures.
RleMask encode_mask(const cv::Mat& mask);
/// 8 bits: 255 inside, 0 outside.
cv::Mat decode_mask(const RleMask& mask);

/// COCO's text form: differences to the run before the last, 5 bits a character, from '0' to 'o'.
std::string to_compressed(const RleMask& mask);
/// Throws OptionError for other characters, a number that is cut short or has more than 32 bits, and as make_mask.
RleMask from_compressed(std::string_view text, std::int64_t height, std::int64_t width);

/// Pixels of the object.
std::uint32_t mask_area(const RleMask& mask);
/// The smallest rectangle of pixels around the object; all 0 for an empty mask.
cv::Rect mask_box(const RleMask& mask);

/// |a ∩ b| / |a ∪ b|, or |a ∩ b| / |a| when b is a crowd; 0 when nothing is common. Throws ShapeError when the sizes differ.
double mask_iou(const RleMask& a, const RleMask& b, bool b_is_crowd = false);

enum class MaskMerge { any, all };  ///< union, intersection
/// Throws ShapeError when the sizes differ, OptionError when there are none.
RleMask merge_masks(std::span<const RleMask> masks, MaskMerge merge = MaskMerge::any);

}  // namespace fovea
