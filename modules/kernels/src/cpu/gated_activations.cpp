// Activations with a second operand: a learned slope per channel, and the other half of the channels as a gate.
#include "cpu/column_sums.hpp"
#include "cpu/isa_kernels.hpp"
#include "cpu/vector_functions.hpp"

namespace fovea::kernels::FOVEA_ISA_NAMESPACE {

/// Calls body(row, channel, lanes) for every vector of a [rows, channels] matrix, in parallel.
template <class Body>
static void for_row_vectors(Context& context, std::int64_t rows, std::int64_t channels, Body body) {
  parallel_for(context.threads(), rows, rows_per_task(channels), [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t row = begin; row < end; ++row) for_vectors(0, channels, [&](std::int64_t c, auto lanes) { body(row, c, lanes); });
  });
}

template <class T>
void prelu_forward(Context& context, std::int64_t rows, std::int64_t channels, const T* x, const float* slope, T* y) {
  for_row_vectors(context, rows, channels, [&](std::int64_t row, std::int64_t c, auto lanes) {
    const Vec value = lanes.load(x + row * channels + c);
    lanes.store(y + row * channels + c, select_greater(value, zero(), value, mul(lanes.load(slope + c), value)));
  });
}

std::size_t prelu_workspace_bytes(std::int64_t rows, std::int64_t channels) { return float_bytes(partial_sums_size(rows, channels, 1)); }

template <class T>
void prelu_backward(Context& context, std::int64_t rows, std::int64_t channels, const T* x, const float* slope, const T* dy, T* dx,
                    float* dslope, void* workspace) {
  float* const sums[] = {dslope};
  // The sums first: dx may be dy.
  column_sums<1>(context, rows, channels, channels, static_cast<float*>(workspace), sums, [&]<int kVecs>(std::int64_t, auto lanes) {
    return [x, dy, lanes](std::int64_t element, int, Vec(&terms)[1]) {
      const Vec value = lanes.load(x + element);
      terms[0] = select_greater(value, zero(), zero(), mul(value, lanes.load(dy + element)));
    };
  });
  for_row_vectors(context, rows, channels, [&](std::int64_t row, std::int64_t c, auto lanes) {
    const Vec value = lanes.load(x + row * channels + c), gradient = lanes.load(dy + row * channels + c);
    lanes.store(dx + row * channels + c, select_greater(value, zero(), gradient, mul(lanes.load(slope + c), gradient)));
  });
}

template <class T>
void glu_forward(Context& context, std::int64_t rows, std::int64_t channels, const T* x, T* y) {
  for_row_vectors(context, rows, channels, [&](std::int64_t row, std::int64_t c, auto lanes) {
    const T* a = x + 2 * row * channels + c;
    lanes.store(y + row * channels + c, mul(lanes.load(a), sigmoid(lanes.load(a + channels))));
  });
}

template <class T>
void glu_backward(Context& context, std::int64_t rows, std::int64_t channels, const T* x, const T* dy, T* dx) {
  for_row_vectors(context, rows, channels, [&](std::int64_t row, std::int64_t c, auto lanes) {
    const std::int64_t first = 2 * row * channels + c, second = first + channels;
    const Vec b = lanes.load(x + second), gradient = lanes.load(dy + row * channels + c);
    lanes.store(dx + second, mul(mul(lanes.load(x + first), gradient), sigmoid_slope(b)));
    lanes.store(dx + first, mul(sigmoid(b), gradient));
  });
}

#define FOVEA_INSTANTIATE(T)                                                                                               \
  template void prelu_forward(Context&, std::int64_t, std::int64_t, const T*, const float*, T*);                           \
  template void prelu_backward(Context&, std::int64_t, std::int64_t, const T*, const float*, const T*, T*, float*, void*); \
  template void glu_forward(Context&, std::int64_t, std::int64_t, const T*, T*);                                           \
  template void glu_backward(Context&, std::int64_t, std::int64_t, const T*, const T*, T*)
FOVEA_INSTANTIATE(float);
FOVEA_INSTANTIATE(bf16);
#undef FOVEA_INSTANTIATE

}  // namespace fovea::kernels::FOVEA_ISA_NAMESPACE
