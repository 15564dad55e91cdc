// Counter-based random numbers: the value depends only on (key, counter), so results do not depend on threads, workers or restarts.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace fovea {

/// One block of Philox4x32-10: four independent 32-bit words for a 64-bit key and a 128-bit counter.
/// Source: Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", SC 2011, section 4.2.
std::array<std::uint32_t, 4> philox4x32(std::array<std::uint32_t, 2> key, std::array<std::uint32_t, 4> counter);

/// A stream of random numbers named by a seed and up to three indices, for instance (seed, epoch, sample, purpose).
/// Equal names give equal streams; different names give independent ones.
class RandomStream {
 public:
  explicit RandomStream(std::uint64_t seed, std::uint64_t a = 0, std::uint64_t b = 0, std::uint64_t c = 0);

  std::uint32_t next_u32();
  std::uint64_t next_u64();
  /// Uniform in [0, 1), a multiple of 2^-53.
  double uniform();
  double uniform(double low, double high) { return low + (high - low) * uniform(); }
  /// Uniform in [0, bound), without bias; bound > 0.
  std::uint64_t below(std::uint64_t bound);
  /// Standard normal (Box-Muller).
  double normal();
  /// True with the given probability.
  bool chance(double probability) { return uniform() < probability; }

  /// Where the stream stands, for a checkpoint; from_words() gives a stream that goes on from there.
  static constexpr std::size_t kWords = 8;
  using Words = std::array<std::uint64_t, kWords>;
  Words words() const;
  static RandomStream from_words(const Words& words);

 private:
  std::array<std::uint32_t, 2> key_{};
  std::array<std::uint32_t, 4> counter_{};
  std::array<std::uint32_t, 4> block_{};
  int used_ = 4;
  double spare_normal_ = 0;
  bool has_spare_normal_ = false;
};

/// 0 .. count-1 in an order that depends only on the stream (Fisher-Yates).
std::vector<std::int64_t> random_permutation(std::int64_t count, RandomStream stream);

}  // namespace fovea
