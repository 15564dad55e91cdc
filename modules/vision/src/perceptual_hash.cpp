#include "fovea/vision/perceptual_hash.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <bit>
#include <opencv2/core.hpp>
#include <opencv2/imgproc.hpp>

#include "fovea/base/error.hpp"
#include "picture_input.hpp"

namespace fovea {

namespace {

constexpr int kSide = 32, kFrequencies = 8, kBits = 64;
constexpr double kLeastDeviation = 1;  // of grey levels: less is a picture without structure

}  // namespace

std::optional<std::uint64_t> perceptual_hash(const cv::Mat& image) {
  const cv::Mat picture = picture_input(image, "perceptual_hash");
  if (std::min(picture.rows, picture.cols) < kSide) return std::nullopt;
  cv::Mat small, grey;
  cv::resize(picture, small, {kSide, kSide}, 0, 0, cv::INTER_AREA);
  cv::cvtColor(small, grey, cv::COLOR_BGR2GRAY);
  cv::Scalar mean, deviation;
  cv::meanStdDev(grey, mean, deviation);
  if (deviation[0] < kLeastDeviation) return std::nullopt;

  cv::Mat values, frequencies;
  grey.convertTo(values, CV_32F);
  cv::dct(values, frequencies);
  std::array<float, kBits> lowest{};
  for (std::size_t i = 0; i < lowest.size(); ++i)
    lowest[i] = frequencies.at<float>(1 + static_cast<int>(i) / kFrequencies, 1 + static_cast<int>(i) % kFrequencies);
  std::array<float, kBits> sorted = lowest;
  std::sort(sorted.begin(), sorted.end());
  const float median = (sorted[kBits / 2 - 1] + sorted[kBits / 2]) / 2;
  std::uint64_t hash = 0;
  for (const float value : lowest) hash = hash << 1 | (value > median ? 1U : 0U);
  return hash;
}

std::uint64_t HashIndex::Block::of(std::uint64_t hash) const {
  const std::uint64_t above = hash >> first;
  return last - first == kBits ? above : above & ((std::uint64_t{1} << (last - first)) - 1);
}

HashIndex::HashIndex(int farthest) : farthest_(farthest) {
  constexpr int kFarthest = 31;
  if (farthest < 0 || farthest > kFarthest)
    throw OptionError(fmt::format("[perceptual hash] expected a distance of 0 to {} bits, found {}", kFarthest, farthest));
  const int count = farthest + 1;
  for (int i = 0; i < count; ++i) blocks_.push_back({kBits * i / count, kBits * (i + 1) / count, {}});
}

void HashIndex::add(std::uint64_t hash) {
  for (Block& block : blocks_) block.places[block.of(hash)].push_back(static_cast<std::int32_t>(hashes_.size()));
  hashes_.push_back(hash);
}

std::optional<HashIndex::Match> HashIndex::nearest(std::uint64_t hash) const {
  std::optional<Match> best;
  for (const Block& block : blocks_) {
    const auto found = block.places.find(block.of(hash));
    if (found == block.places.end()) continue;
    for (const std::int32_t index : found->second) {
      const int distance = std::popcount(hash ^ hashes_[static_cast<std::size_t>(index)]);
      if (distance > farthest_) continue;
      if (!best || distance < best->distance || (distance == best->distance && index < best->index)) best = {index, distance};
      if (distance == 0) return best;  // the first of equal hashes: they share every block, in the order of add
    }
  }
  return best;
}

}  // namespace fovea
