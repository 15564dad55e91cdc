// Elementwise operations and conversions: one pass over memory.
#include "cpu/isa_kernels.hpp"
#include "cpu/vector_loops.hpp"

namespace fovea::kernels::FOVEA_ISA_NAMESPACE {

/// y[i] = operation(x[i])
template <class From, class To, class Operation>
static void map(Context& context, std::int64_t count, const From* x, To* y, Operation operation) {
  parallel_for(context.threads(), count, kTaskElements, [&](std::int64_t begin, std::int64_t end) {
    for_vectors(begin, end, [&](std::int64_t i, auto lanes) { lanes.store(y + i, operation(lanes.load(x + i))); });
  });
}

/// y[i] = operation(a[i], b[i])
template <class T, class Operation>
static void map(Context& context, std::int64_t count, const T* a, const T* b, T* y, Operation operation) {
  parallel_for(context.threads(), count, kTaskElements, [&](std::int64_t begin, std::int64_t end) {
    for_vectors(begin, end, [&](std::int64_t i, auto lanes) { lanes.store(y + i, operation(lanes.load(a + i), lanes.load(b + i))); });
  });
}

template <class T>
void add(Context& context, std::int64_t count, const T* a, const T* b, T* y) {
  map(context, count, a, b, y, [](Vec u, Vec v) { return add(u, v); });
}

template <class T>
void subtract(Context& context, std::int64_t count, const T* a, const T* b, T* y) {
  map(context, count, a, b, y, [](Vec u, Vec v) { return sub(u, v); });
}

template <class T>
void multiply(Context& context, std::int64_t count, const T* a, const T* b, T* y) {
  map(context, count, a, b, y, [](Vec u, Vec v) { return mul(u, v); });
}

template <class T>
void affine(Context& context, std::int64_t count, float alpha, float beta, const T* x, T* y) {
  map(context, count, x, y, [alpha, beta](Vec v) { return fma(broadcast(alpha), v, broadcast(beta)); });
}

template <class T>
void relu(Context& context, std::int64_t count, const T* x, T* y) {
  map(context, count, x, y, [](Vec v) { return relu(v); });
}

template <class T>
void relu_backward(Context& context, std::int64_t count, const T* y, const T* dy, T* dx) {
  map(context, count, y, dy, dx, [](Vec value, Vec gradient) { return select_greater(value, zero(), gradient, zero()); });
}

namespace {

/// The words that kLanes consecutive counters draw, in the order of the elements they decide. `counter` is a multiple of kLanes.
/// Philox4x32-10 as in fovea/base/random.cpp, one counter per 64-bit lane: its words are in the lower halves, the product's upper half is
/// a shift away, and what is left in the upper halves does not matter to the next product. Twice as fast as 32-bit lanes.
FOVEA_SIMD_INLINE void draw_words(const DropoutMask& mask, std::uint64_t counter, Words (&words)[4]) {
  constexpr std::uint32_t kMultiplier0 = 0xD2511F53, kMultiplier1 = 0xCD9E8D57, kWeyl0 = 0x9E3779B9, kWeyl1 = 0xBB67AE85;
  constexpr int kCounters = kLanes / 2;
  for (int half = 0; half < 2; ++half) {
    Wide c0{}, c1 = Wide{} + (counter >> 32), c2{}, c3{};
    // The order of which even and odd lanes are the elements' order.
    for (int lane = 0; lane < kCounters; ++lane) c0[lane] = static_cast<std::uint64_t>(lane % 2 * (kCounters / 2) + lane / 2);
    c0 += counter + static_cast<std::uint64_t>(half * kCounters);
    std::uint32_t key0 = mask.key0, key1 = mask.key1;
    for (int round = 0; round < 10; ++round, key0 += kWeyl0, key1 += kWeyl1) {
      const Wide product0 = multiply_low(c0, kMultiplier0), product1 = multiply_low(c2, kMultiplier1);
      c0 = (product1 >> 32) ^ c1 ^ key0;
      c1 = product1;
      c2 = (product0 >> 32) ^ c3 ^ key1;
      c3 = product0;
    }
    const Wide first = (c0 & 0xFFFFFFFFu) | c1 << 32, second = (c2 & 0xFFFFFFFFu) | c3 << 32;
    words[2 * half] = even_lanes(first, second);
    words[2 * half + 1] = odd_lanes(first, second);
  }
}

}  // namespace

template <class T>
void dropout(Context& context, std::int64_t count, DropoutMask mask, float scale, const T* x, T* y) {
  constexpr std::int64_t kGroup = 4 * kLanes;  // elements that one vector of counters decides
  static_assert(kTaskElements % kGroup == 0);
  parallel_for(context.threads(), count, kTaskElements, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t group = begin; group < end; group += kGroup) {
      Words words[4];
      draw_words(mask, static_cast<std::uint64_t>(group) / 4, words);
      for (int v = 0; v < 4; ++v)
        for_vectors(group + v * kLanes, minimum(group + (v + 1) * kLanes, end), [&](std::int64_t i, auto lanes) {
          lanes.store(y + i, words[v] >= mask.threshold ? mul(broadcast(scale), lanes.load(x + i)) : zero());
        });
    }
  });
}

void f32_to_bf16(Context& context, std::int64_t count, const float* x, bf16* y) {
  map(context, count, x, y, [](Vec v) { return v; });
}

void bf16_to_f32(Context& context, std::int64_t count, const bf16* x, float* y) {
  map(context, count, x, y, [](Vec v) { return v; });
}

#define FOVEA_INSTANTIATE(T)                                                   \
  template void add(Context&, std::int64_t, const T*, const T*, T*);           \
  template void subtract(Context&, std::int64_t, const T*, const T*, T*);      \
  template void multiply(Context&, std::int64_t, const T*, const T*, T*);      \
  template void affine(Context&, std::int64_t, float, float, const T*, T*);    \
  template void relu(Context&, std::int64_t, const T*, T*);                    \
  template void relu_backward(Context&, std::int64_t, const T*, const T*, T*); \
  template void dropout(Context&, std::int64_t, DropoutMask, float, const T*, T*)
FOVEA_INSTANTIATE(float);
FOVEA_INSTANTIATE(bf16);
#undef FOVEA_INSTANTIATE

}  // namespace fovea::kernels::FOVEA_ISA_NAMESPACE
