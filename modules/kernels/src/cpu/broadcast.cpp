// Broadcasting: the small array's vectors stay in registers while the rows of the large one stream by.
#include "cpu/isa_kernels.hpp"
#include "cpu/vector_loops.hpp"

namespace fovea::kernels::FOVEA_ISA_NAMESPACE {

namespace {

/// Rows that are added in f32 before their sum goes on as one term: bounds the rounding error.
constexpr std::int64_t kRun = 64;

/// y = operation(x, b). One value per entry of `outer` is spread over a vector; else rows are cut so that a task has enough to do.
template <class T, class Operation>
void map_broadcast(Context& context, const BroadcastShape& s, const T* x, const T* b, T* y, Operation operation) {
  if (s.inner == 1) {
    const std::int64_t blocks = ceil_div(s.rows, kTaskElements);
    parallel_for(context.threads(), s.outer * blocks, rows_per_task(s.rows), [&](std::int64_t begin, std::int64_t end) {
      for (std::int64_t block = begin; block < end; ++block) {
        const std::int64_t o = block / blocks, first = block % blocks * kTaskElements;
        const Vec value = broadcast(FirstLanes{1}.load(b + o)[0]);
        for_vectors(o * s.rows + first, o * s.rows + minimum(s.rows, first + kTaskElements),
                    [&](std::int64_t i, auto lanes) { lanes.store(y + i, operation(lanes.load(x + i), value)); });
      }
    });
    return;
  }
  parallel_for(context.threads(), s.outer * s.rows, rows_per_task(s.inner), [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t row = begin; row < end; ++row) {
      const T *from = x + row * s.inner, *small = b + row / s.rows * s.inner;
      T* to = y + row * s.inner;
      for_vectors(0, s.inner,
                  [&](std::int64_t i, auto lanes) { lanes.store(to + i, operation(lanes.load(from + i), lanes.load(small + i))); });
    }
  });
}

/// How the rows of one entry of `outer` are cut for a sum.
constexpr std::int64_t sum_block_rows(const BroadcastShape& s) { return rows_per_task(s.inner); }
constexpr std::int64_t sum_blocks(const BroadcastShape& s) { return ceil_div(s.rows, sum_block_rows(s)); }

/// The sum of `count` neighbouring products.
template <class T>
float sum_products(std::int64_t count, const T* a, const T* b) {
  constexpr std::int64_t kTerms = kRun * kLanes;
  double total = 0;
  for (std::int64_t begin = 0; begin < count; begin += kTerms) {
    Vec sum = zero();
    for_vectors(begin, minimum(count, begin + kTerms), [&](std::int64_t i, auto lanes) {
      const Vec term = lanes.load(a + i);
      sum = b == nullptr ? add(sum, term) : fma(term, lanes.load(b + i), sum);
    });
    total += sum_of_lanes(sum);
  }
  return static_cast<float>(total);
}

/// y[i] = sum over `rows` rows, `inner` elements apart, of a * b.
template <class T>
void sum_rows_of(std::int64_t rows, std::int64_t inner, const T* a, const T* b, float* y) {
  for_vectors(0, inner, [&](std::int64_t i, auto lanes) {
    Vec total = zero();
    for (std::int64_t begin = 0; begin < rows; begin += kRun) {
      Vec sum = zero();
      for (std::int64_t row = begin; row < minimum(rows, begin + kRun); ++row) {
        const Vec term = lanes.load(a + row * inner + i);
        sum = b == nullptr ? add(sum, term) : fma(term, lanes.load(b + row * inner + i), sum);
      }
      total = add(total, sum);
    }
    lanes.store(y + i, total);
  });
}

}  // namespace

template <class T>
void broadcast_add(Context& context, const BroadcastShape& s, const T* x, const T* b, T* y) {
  map_broadcast(context, s, x, b, y, [](Vec u, Vec v) { return add(u, v); });
}

template <class T>
void broadcast_multiply(Context& context, const BroadcastShape& s, const T* x, const T* b, T* y) {
  map_broadcast(context, s, x, b, y, [](Vec u, Vec v) { return mul(u, v); });
}

std::size_t broadcast_sum_workspace_bytes(const BroadcastShape& s) { return float_bytes(s.outer * maximum(1, sum_blocks(s)) * s.inner); }

template <class T>
void broadcast_sum(Context& context, const BroadcastShape& s, const T* a, const T* b, T* y, void* workspace) {
  auto* partials = static_cast<float*>(workspace);
  const std::int64_t block_rows = sum_block_rows(s), blocks = sum_blocks(s), size = s.rows * s.inner;
  parallel_for(context.threads(), s.outer * blocks, rows_per_task(minimum(block_rows, s.rows) * s.inner),
               [&](std::int64_t begin, std::int64_t end) {
                 for (std::int64_t block = begin; block < end; ++block) {
                   const std::int64_t first = block % blocks * block_rows, rows = minimum(block_rows, s.rows - first);
                   const std::int64_t offset = block / blocks * size + first * s.inner;
                   const T* factor = b == nullptr ? nullptr : b + offset;
                   if (s.inner == 1)
                     partials[block] = sum_products(rows, a + offset, factor);
                   else
                     sum_rows_of(rows, s.inner, a + offset, factor, partials + block * s.inner);
                 }
               });
  parallel_for(context.threads(), s.outer, rows_per_task(blocks * s.inner), [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t o = begin; o < end; ++o)
      for_vectors(0, s.inner, [&](std::int64_t i, auto lanes) {
        Vec total = zero();
        for (std::int64_t block = 0; block < blocks; ++block) total = add(total, lanes.load(partials + (o * blocks + block) * s.inner + i));
        lanes.store(y + o * s.inner + i, total);
      });
  });
}

#define FOVEA_INSTANTIATE(T)                                                                 \
  template void broadcast_add(Context&, const BroadcastShape&, const T*, const T*, T*);      \
  template void broadcast_multiply(Context&, const BroadcastShape&, const T*, const T*, T*); \
  template void broadcast_sum(Context&, const BroadcastShape&, const T*, const T*, T*, void*)
FOVEA_INSTANTIATE(float);
FOVEA_INSTANTIATE(bf16);
#undef FOVEA_INSTANTIATE

}  // namespace fovea::kernels::FOVEA_ISA_NAMESPACE
