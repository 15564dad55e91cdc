// Finding pictures that are nearly the same: 64 bits that survive a change of size, of format, of brightness.
#pragma once

#include <cstdint>
#include <opencv2/core/mat.hpp>
#include <optional>
#include <unordered_map>
#include <vector>

namespace fovea {

/// Signs of the 8x8 lowest frequencies but the constant ones, against their median, of the picture in grey at 32x32 pixels (pHash: Zauner,
/// "Implementation and benchmarking of perceptual image hash functions", 2010, section 3.2.1). The number of bits in which two hashes
/// differ grows with how much the pictures differ; of unrelated ones it is about 32. Nothing for pictures with a side shorter than 32
/// pixels, and for those without structure, of which the hash would be noise. Takes 8-bit BGR or grey; throws ShapeError for others.
std::optional<std::uint64_t> perceptual_hash(const cv::Mat& image);

/// Hashes that are searched for the nearest one. Two that differ in at most d bits are equal in at least one of d + 1 blocks of bits, so
/// only hashes that share a block are compared (Norouzi et al., "Fast exact search in Hamming space with multi-index hashing", PAMI 2014).
class HashIndex {
 public:
  struct Match {
    std::int32_t index;  ///< in the order of add
    int distance;        ///< bits that differ
  };

  /// Finds hashes that differ in at most `farthest` bits, 0 to 31. Throws OptionError for others.
  explicit HashIndex(int farthest);

  void add(std::uint64_t hash);
  /// Of the least distance the first that was added; nothing when none is near enough.
  std::optional<Match> nearest(std::uint64_t hash) const;

 private:
  /// Bits [first, last) of a hash.
  struct Block {
    int first, last;
    std::unordered_map<std::uint64_t, std::vector<std::int32_t>> places;

    std::uint64_t of(std::uint64_t hash) const;
  };

  int farthest_;
  std::vector<Block> blocks_;
  std::vector<std::uint64_t> hashes_;
};

}  // namespace fovea
