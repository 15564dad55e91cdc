#include "fovea/base/random.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <numbers>
#include <numeric>
#include <utility>

namespace fovea {

std::array<std::uint32_t, 4> philox4x32(std::array<std::uint32_t, 2> key, std::array<std::uint32_t, 4> counter) {
  constexpr std::uint32_t kMultiplier0 = 0xD2511F53, kMultiplier1 = 0xCD9E8D57;
  constexpr std::uint32_t kWeyl0 = 0x9E3779B9, kWeyl1 = 0xBB67AE85;
  for (int round = 0; round < 10; ++round) {
    const std::uint64_t product0 = std::uint64_t{kMultiplier0} * counter[0];
    const std::uint64_t product1 = std::uint64_t{kMultiplier1} * counter[2];
    counter = {static_cast<std::uint32_t>(product1 >> 32) ^ counter[1] ^ key[0], static_cast<std::uint32_t>(product1),
               static_cast<std::uint32_t>(product0 >> 32) ^ counter[3] ^ key[1], static_cast<std::uint32_t>(product0)};
    key[0] += kWeyl0;
    key[1] += kWeyl1;
  }
  return counter;
}

namespace {

// splitmix64's finaliser: names that differ in one bit give unrelated keys.
std::uint64_t mix(std::uint64_t x) {
  x += 0x9E3779B97F4A7C15;
  x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9;
  x = (x ^ (x >> 27)) * 0x94D049BB133111EB;
  return x ^ (x >> 31);
}

}  // namespace

RandomStream::RandomStream(std::uint64_t seed, std::uint64_t a, std::uint64_t b, std::uint64_t c) {
  const std::uint64_t key = mix(mix(mix(mix(seed) ^ a) ^ b) ^ c);
  key_ = {static_cast<std::uint32_t>(key), static_cast<std::uint32_t>(key >> 32)};
}

std::uint32_t RandomStream::next_u32() {
  if (used_ == 4) {
    block_ = philox4x32(key_, counter_);
    used_ = 0;
    for (auto& word : counter_)
      if (++word != 0) break;
  }
  return block_[static_cast<std::size_t>(used_++)];
}

std::uint64_t RandomStream::next_u64() {
  const std::uint64_t low = next_u32();
  return low | std::uint64_t{next_u32()} << 32;
}

double RandomStream::uniform() { return static_cast<double>(next_u64() >> 11) * 0x1p-53; }

std::uint64_t RandomStream::below(std::uint64_t bound) {
  const std::uint64_t limit = UINT64_MAX - UINT64_MAX % bound;  // reject the incomplete last run of values
  std::uint64_t value = next_u64();
  while (value >= limit) value = next_u64();
  return value % bound;
}

double RandomStream::normal() {
  if (has_spare_normal_) {
    has_spare_normal_ = false;
    return spare_normal_;
  }
  const double radius = std::sqrt(-2 * std::log(1 - uniform()));
  const double angle = 2 * std::numbers::pi * uniform();
  spare_normal_ = radius * std::sin(angle);
  has_spare_normal_ = true;
  return radius * std::cos(angle);
}

namespace {

std::uint64_t join_words(std::uint32_t low, std::uint32_t high) { return low | std::uint64_t{high} << 32; }
std::uint32_t low_word(std::uint64_t word) { return static_cast<std::uint32_t>(word); }
std::uint32_t high_word(std::uint64_t word) { return static_cast<std::uint32_t>(word >> 32); }

}  // namespace

RandomStream::Words RandomStream::words() const {
  return {join_words(key_[0], key_[1]),
          join_words(counter_[0], counter_[1]),
          join_words(counter_[2], counter_[3]),
          join_words(block_[0], block_[1]),
          join_words(block_[2], block_[3]),
          static_cast<std::uint64_t>(used_),
          std::bit_cast<std::uint64_t>(spare_normal_),
          static_cast<std::uint64_t>(has_spare_normal_)};
}

RandomStream RandomStream::from_words(const Words& words) {
  RandomStream stream(0);
  stream.key_ = {low_word(words[0]), high_word(words[0])};
  stream.counter_ = {low_word(words[1]), high_word(words[1]), low_word(words[2]), high_word(words[2])};
  stream.block_ = {low_word(words[3]), high_word(words[3]), low_word(words[4]), high_word(words[4])};
  stream.used_ = static_cast<int>(std::min<std::uint64_t>(words[5], 4));
  stream.spare_normal_ = std::bit_cast<double>(words[6]);
  stream.has_spare_normal_ = words[7] != 0;
  return stream;
}

std::vector<std::int64_t> random_permutation(std::int64_t count, RandomStream stream) {
  std::vector<std::int64_t> order(static_cast<std::size_t>(count));
  std::iota(order.begin(), order.end(), 0);
  for (std::size_t i = order.size(); i > 1; --i) std::swap(order[i - 1], order[stream.below(i)]);
  return order;
}

}  // namespace fovea
