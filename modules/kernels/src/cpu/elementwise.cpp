// Elementwise operations: one pass over memory.
#include "cpu/isa_kernels.hpp"
#include "cpu/vector_loops.hpp"

namespace fovea::kernels::FOVEA_ISA_NAMESPACE {

/// y[i] = operation(x[i])
template <class Operation>
static void map(Context& context, std::int64_t count, const float* x, float* y, Operation operation) {
  parallel_for(context.threads(), count, kTaskElements, [&](std::int64_t begin, std::int64_t end) {
    for_vectors(begin, end, [&](std::int64_t i, auto lanes) { lanes.store(y + i, operation(lanes.load(x + i))); });
  });
}

/// y[i] = operation(a[i], b[i])
template <class Operation>
static void map(Context& context, std::int64_t count, const float* a, const float* b, float* y, Operation operation) {
  parallel_for(context.threads(), count, kTaskElements, [&](std::int64_t begin, std::int64_t end) {
    for_vectors(begin, end, [&](std::int64_t i, auto lanes) { lanes.store(y + i, operation(lanes.load(a + i), lanes.load(b + i))); });
  });
}

void add(Context& context, std::int64_t count, const float* a, const float* b, float* y) {
  map(context, count, a, b, y, [](Vec u, Vec v) { return add(u, v); });
}

void subtract(Context& context, std::int64_t count, const float* a, const float* b, float* y) {
  map(context, count, a, b, y, [](Vec u, Vec v) { return sub(u, v); });
}

void multiply(Context& context, std::int64_t count, const float* a, const float* b, float* y) {
  map(context, count, a, b, y, [](Vec u, Vec v) { return mul(u, v); });
}

void affine(Context& context, std::int64_t count, float alpha, float beta, const float* x, float* y) {
  map(context, count, x, y, [alpha, beta](Vec v) { return fma(broadcast(alpha), v, broadcast(beta)); });
}

void relu(Context& context, std::int64_t count, const float* x, float* y) {
  map(context, count, x, y, [](Vec v) { return relu(v); });
}

void relu_backward(Context& context, std::int64_t count, const float* y, const float* dy, float* dx) {
  map(context, count, y, dy, dx, [](Vec value, Vec gradient) { return select_greater(value, zero(), gradient, zero()); });
}

namespace {

/// The words that kLanes consecutive counters draw, in the order of the elements they decide. `counter` is a multiple of kLanes.
/// Philox4x32-10 as in fovea/base/random.cpp, one counter per lane.
FOVEA_SIMD_INLINE void draw_words(const DropoutMask& mask, std::uint64_t counter, std::uint32_t* words) {
  constexpr std::uint32_t kMultiplier0 = 0xD2511F53, kMultiplier1 = 0xCD9E8D57, kWeyl0 = 0x9E3779B9, kWeyl1 = 0xBB67AE85;
  Words c0{}, c1 = Words{} + static_cast<std::uint32_t>(counter >> 32), c2{}, c3{};
  for (int lane = 0; lane < kLanes; ++lane) c0[lane] = static_cast<std::uint32_t>(counter) + static_cast<std::uint32_t>(lane);
  std::uint32_t key0 = mask.key0, key1 = mask.key1;
  for (int round = 0; round < 10; ++round, key0 += kWeyl0, key1 += kWeyl1) {
    const Words high0 = multiply_high(c0, kMultiplier0), low0 = c0 * kMultiplier0;
    const Words high1 = multiply_high(c2, kMultiplier1), low1 = c2 * kMultiplier1;
    c0 = high1 ^ c1 ^ key0;
    c1 = low1;
    c2 = high0 ^ c3 ^ key1;
    c3 = low0;
  }
  std::uint32_t drawn[4][kLanes];
  __builtin_memcpy(drawn[0], &c0, sizeof(c0));
  __builtin_memcpy(drawn[1], &c1, sizeof(c1));
  __builtin_memcpy(drawn[2], &c2, sizeof(c2));
  __builtin_memcpy(drawn[3], &c3, sizeof(c3));
  for (int lane = 0; lane < kLanes; ++lane)
    for (int word = 0; word < 4; ++word) words[4 * lane + word] = drawn[word][lane];
}

}  // namespace

void dropout(Context& context, std::int64_t count, DropoutMask mask, float scale, const float* x, float* y) {
  constexpr std::int64_t kGroup = 4 * kLanes;  // elements that one vector of counters decides
  static_assert(kTaskElements % kGroup == 0);
  parallel_for(context.threads(), count, kTaskElements, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t group = begin; group < end; group += kGroup) {
      std::uint32_t words[kGroup];
      draw_words(mask, static_cast<std::uint64_t>(group) / 4, words);
      for_vectors(group, minimum(group + kGroup, end), [&](std::int64_t i, auto lanes) {
        Words drawn;
        __builtin_memcpy(&drawn, words + (i - group), sizeof(drawn));
        lanes.store(y + i, drawn >= mask.threshold ? mul(broadcast(scale), lanes.load(x + i)) : zero());
      });
    }
  });
}

}  // namespace fovea::kernels::FOVEA_ISA_NAMESPACE
