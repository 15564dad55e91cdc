#include "fovea/vision/rle_mask.hpp"

#include <fmt/format.h>

#include <opencv2/core.hpp>

#include "fovea/base/error.hpp"
#include "mask_runs.hpp"

namespace fovea {

namespace {

void require_same_size(const RleMask& a, const RleMask& b, const char* operation) {
  if (a.height != b.height || a.width != b.width)
    throw ShapeError(fmt::format("[{}] expected masks of one size, found {}x{} and {}x{} (width x height)", operation, a.width, a.height,
                                 b.width, b.height));
}

// The compressed form: five bits a character, the sixth says that more follow; '0' is the character of 0.
constexpr int kDigitBits = 5;
constexpr std::int64_t kDigit = 0x1f, kMore = 0x20, kSign = 0x10;
constexpr char kZero = '0';
constexpr int kMostDigits = 7;  // of a difference of two 32-bit numbers

/// The next number of a compressed text; `at` moves behind it.
std::int64_t read_difference(std::string_view text, std::size_t& at) {
  std::int64_t value = 0;
  for (int digit = 0;; ++digit) {
    if (at == text.size()) throw OptionError(fmt::format("run lengths end in the middle of a number, at character {}", at));
    const int code = text[at] - kZero;
    if (code < 0 || code > (kDigit | kMore)) throw OptionError(fmt::format("character {} of the run lengths is not one of '0' to 'o'", at));
    if (digit == kMostDigits) throw OptionError(fmt::format("character {} of the run lengths: a number has more than 32 bits", at));
    ++at;
    value |= (code & kDigit) << (kDigitBits * digit);
    if ((code & kMore) != 0) continue;
    if ((code & kSign) != 0) value -= std::int64_t{1} << (kDigitBits * (digit + 1));
    return value;
  }
}

}  // namespace

std::uint32_t checked_mask_pixels(std::int64_t height, std::int64_t width) {
  constexpr std::int64_t kMost = INT32_MAX;
  if (height < 0 || width < 0 || height > kMost || width > kMost || height * width > kMost)
    throw OptionError(fmt::format("a mask of {} x {} (width x height) is not possible: expected at most {} pixels", width, height, kMost));
  return static_cast<std::uint32_t>(height * width);
}

RleMask make_mask(std::span<const std::uint32_t> counts, std::int64_t height, std::int64_t width) {
  const std::uint32_t pixels = checked_mask_pixels(height, width);
  RunWriter runs;
  std::uint32_t covered = 0;
  for (std::size_t i = 0; i < counts.size(); ++i) {
    if (counts[i] > pixels - covered)
      throw OptionError(
          fmt::format("run {} ends after the mask: {} + {} of {} x {} = {} pixels", i, covered, counts[i], width, height, pixels));
    runs.append(counts[i], i % 2 == 1);
    covered += counts[i];
  }
  runs.append(pixels - covered, false);
  return {static_cast<std::uint32_t>(height), static_cast<std::uint32_t>(width), runs.take()};
}

RleMask encode_mask(const cv::Mat& mask) {
  if (mask.type() != CV_8UC1) throw OptionError("encode_mask: expected a picture of one channel of 8 bits");
  checked_mask_pixels(mask.rows, mask.cols);
  RunWriter runs;
  const cv::Mat columns = mask.empty() ? cv::Mat() : cv::Mat(mask.t());  // runs are along its rows
  for (int x = 0; x < columns.rows; ++x) {
    const std::uint8_t *pixel = columns.ptr(x), *const end = pixel + columns.cols;
    while (pixel != end) {
      const bool inside = *pixel != 0;
      const std::uint8_t* const first = pixel;
      while (pixel != end && (*pixel != 0) == inside) ++pixel;
      runs.append(static_cast<std::uint32_t>(pixel - first), inside);
    }
  }
  return {static_cast<std::uint32_t>(mask.rows), static_cast<std::uint32_t>(mask.cols), runs.take()};
}

cv::Mat decode_mask(const RleMask& mask) {
  cv::Mat columns = cv::Mat::zeros(static_cast<int>(mask.width), static_cast<int>(mask.height), CV_8UC1);  // transposed: runs are rows
  std::uint8_t* pixel = columns.data;
  for (std::size_t i = 0; i < mask.counts.size(); ++i) {
    if (i % 2 == 1) std::fill_n(pixel, mask.counts[i], std::uint8_t{255});
    pixel += mask.counts[i];
  }
  return columns.t();
}

std::string to_compressed(const RleMask& mask) {
  std::string text;
  for (std::size_t i = 0; i < mask.counts.size(); ++i) {
    std::int64_t value = mask.counts[i];
    if (i > 2) value -= mask.counts[i - 2];
    for (bool more = true; more;) {
      std::int64_t digit = value & kDigit;
      value >>= kDigitBits;
      more = (digit & kSign) != 0 ? value != -1 : value != 0;
      if (more) digit |= kMore;
      text += static_cast<char>(kZero + digit);
    }
  }
  return text;
}

RleMask from_compressed(std::string_view text, std::int64_t height, std::int64_t width) {
  std::vector<std::uint32_t> counts;
  for (std::size_t at = 0; at < text.size();) {
    std::int64_t value = read_difference(text, at);
    if (counts.size() > 2) value += counts[counts.size() - 2];
    if (value < 0 || value > UINT32_MAX)
      throw OptionError(fmt::format("run {} has a length of {}, expected 0 to {}", counts.size(), value, UINT32_MAX));
    counts.push_back(static_cast<std::uint32_t>(value));
  }
  return make_mask(counts, height, width);
}

std::uint32_t mask_area(const RleMask& mask) {
  std::uint32_t area = 0;
  for (std::size_t i = 1; i < mask.counts.size(); i += 2) area += mask.counts[i];
  return area;
}

cv::Rect mask_box(const RleMask& mask) {
  std::uint32_t left = mask.width, top = mask.height, right = 0, bottom = 0, end = 0;
  for (std::size_t i = 1; i < mask.counts.size(); i += 2) {
    const std::uint32_t first = end + mask.counts[i - 1], last = first + mask.counts[i] - 1;
    end = last + 1;
    left = std::min(left, first / mask.height);
    right = last / mask.height;
    const bool one_column = first / mask.height == right;  // a longer run touches the upper and the lower edge
    top = std::min(top, one_column ? first % mask.height : 0);
    bottom = std::max(bottom, one_column ? last % mask.height : mask.height - 1);
  }
  if (end == 0) return {};
  return {static_cast<int>(left), static_cast<int>(top), static_cast<int>(right - left + 1), static_cast<int>(bottom - top + 1)};
}

double mask_iou(const RleMask& a, const RleMask& b, bool b_is_crowd) {
  require_same_size(a, b, "mask_iou");
  std::uint32_t common = 0, either = 0;
  visit_common_runs(a, b, [&](std::uint32_t length, bool inside_a, bool inside_b) {
    if (inside_a && inside_b) common += length;
    if (inside_a || inside_b) either += length;
  });
  if (common == 0) return 0;
  return static_cast<double>(common) / (b_is_crowd ? mask_area(a) : either);
}

RleMask merge_masks(std::span<const RleMask> masks, MaskMerge merge) {
  if (masks.empty()) throw OptionError("merge_masks: expected at least one mask");
  RleMask merged = masks.front();
  for (const RleMask& mask : masks.subspan(1)) {
    require_same_size(merged, mask, "merge_masks");
    RunWriter runs;
    visit_common_runs(merged, mask, [&](std::uint32_t length, bool inside_a, bool inside_b) {
      runs.append(length, merge == MaskMerge::any ? inside_a || inside_b : inside_a && inside_b);
    });
    merged.counts = runs.take();
  }
  return merged;
}

}  // namespace fovea
