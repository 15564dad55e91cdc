// Operands of the compared programs: memory and contents.
#pragma once

#include <sys/mman.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <new>

namespace fovea::compare {

/// Uninitialised memory on 2 MiB pages where the system gives them, so that no library's figure hangs on its caller's allocator.
template <class T>
class AlignedValues {
 public:
  explicit AlignedValues(std::int64_t count) : count_(count) {
    constexpr std::size_t kPage = std::size_t{2} << 20;
    const std::size_t bytes = (static_cast<std::size_t>(count) * sizeof(T) + kPage) / kPage * kPage;
    memory_.reset(static_cast<T*>(std::aligned_alloc(kPage, bytes)));
    if (!memory_) throw std::bad_alloc();
    madvise(memory_.get(), bytes, MADV_HUGEPAGE);
  }

  T* data() { return memory_.get(); }
  const T* data() const { return memory_.get(); }
  std::int64_t count() const { return count_; }
  T& operator[](std::int64_t i) { return memory_.get()[i]; }
  const T& operator[](std::int64_t i) const { return memory_.get()[i]; }

 private:
  struct Free {
    void operator()(T* memory) const { std::free(memory); }
  };
  std::int64_t count_;
  std::unique_ptr<T, Free> memory_;
};

/// The contents that every program, in any language, gives an operand: element `index` of the operand `seed`, in [-1, 1). They repeat
/// after a prime number of elements that no extent divides, so that large operands are quickly made.
constexpr std::int64_t kOperandPeriod = 1'000'003;

inline float operand_value(std::int64_t index, std::uint32_t seed) {
  std::uint32_t z = static_cast<std::uint32_t>(index) * 2654435761U + seed * 2246822519U;
  z = (z ^ (z >> 16)) * 2246822507U;
  z ^= z >> 13;
  return static_cast<float>(z >> 8) * 0x1p-23F - 1.0F;
}

/// `count` values of the operand `seed`.
template <class T = float>
AlignedValues<T> operand(std::int64_t count, std::uint32_t seed) {
  AlignedValues<T> values(count);
  const std::int64_t period = std::min(count, kOperandPeriod);
  for (std::int64_t i = 0; i < period; ++i) values[i] = static_cast<T>(operand_value(i, seed));
  for (std::int64_t i = period; i < count; i += period) std::copy_n(values.data(), std::min(period, count - i), values.data() + i);
  return values;
}

}  // namespace fovea::compare
