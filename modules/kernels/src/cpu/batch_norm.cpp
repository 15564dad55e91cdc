// Batch normalisation, vectorised over channels; few channels are repeated to fill vectors (WideRows).
//
// Passes over memory: statistics read x once (a block of rows is read twice, the second time from the cache); normalize reads x and the
// residual and writes y; backward reads x, dy and y for the sums and again for dx, except that with a residual the first of these passes
// leaves the masked dy in dresidual and the second reads that instead of dy and y.
#include "cpu/column_sums.hpp"
#include "cpu/isa_kernels.hpp"
#include "cpu/moments.hpp"

namespace fovea::kernels::FOVEA_ISA_NAMESPACE {

namespace {

Moments moments_of_block(void* workspace, std::int64_t block, std::int64_t columns) {
  double* mean = static_cast<double*>(workspace) + block * 2 * columns;
  return {mean, mean + columns};
}

/// for_elements over rows of kVecs whole vectors, whose coefficients stay in registers.
template <int kVecs, int kCount, class Body>
void for_short_rows(std::int64_t begin, std::int64_t end, const float* const (&coefficients)[kCount], Body body) {
  Vec loaded[kVecs][kCount];
  for (int v = 0; v < kVecs; ++v)
    for (int n = 0; n < kCount; ++n) loaded[v][n] = load(coefficients[n] + v * kLanes);
  for (std::int64_t row = begin; row < end; ++row)
    for (int v = 0; v < kVecs; ++v) body((row * kVecs + v) * kLanes, loaded[v], AllLanes{});
}

/// Calls body(element, coefficients, lanes) for every vector of a [rows, channels] matrix, in parallel; coefficients[n] are those of the
/// vector's channels.
template <int kCount, class Body>
void for_elements(Context& context, const BatchNormShape& s, const float* const (&coefficients)[kCount], Body body) {
  const WideRows wide = wide_rows(s.rows, s.channels);
  const auto for_row = [&](std::int64_t first, std::int64_t columns, const float* const(&values)[kCount]) {
    for_vectors(0, columns, [&](std::int64_t column, auto lanes) {
      Vec loaded[kCount];
      for (int n = 0; n < kCount; ++n) loaded[n] = lanes.load(values[n] + column);
      body(first + column, loaded, lanes);
    });
  };
  parallel_for(context.threads(), wide.rows, rows_per_task(wide.columns), [&](std::int64_t begin, std::int64_t end) {
    float repeated[kCount][kWidestColumns];
    const float* values[kCount];
    for (int n = 0; n < kCount; ++n) {
      values[n] = wide.repeats == 1 ? coefficients[n] : repeated[n];
      if (wide.repeats == 1) continue;
      for (std::int64_t i = 0; i < wide.columns; ++i) repeated[n][i] = i < s.channels ? coefficients[n][i] : repeated[n][i - s.channels];
    }
    if (wide.columns == kLanes) return for_short_rows<1>(begin, end, values, body);
    if (wide.columns == 2 * kLanes) return for_short_rows<2>(begin, end, values, body);
    if (wide.columns == 4 * kLanes) return for_short_rows<4>(begin, end, values, body);
    for (std::int64_t row = begin; row < end; ++row) for_row(row * wide.columns, wide.columns, values);
  });
  for (std::int64_t row = s.rows - wide.rest; row < s.rows; ++row) for_row(row * s.channels, s.channels, coefficients);
}

/// dy where the activation let x through.
template <class T>
struct MaskedGradient {
  const T* y;  ///< null without an activation
  const T* dy;

  template <class Lanes>
  FOVEA_SIMD_INLINE Vec load(const MaskedGradient& g, std::int64_t element, Lanes lanes) {
    const Vec gradient = lanes.load(g.dy + element);
    return g.y == nullptr ? gradient : select_greater(lanes.load(g.y + element), zero(), gradient, zero());
  }
};

/// A vector of a channel's coefficient for columns that run over the channels again and again.
template <class Lanes>
FOVEA_SIMD_INLINE Vec load_cyclic(const float* coefficients, std::int64_t channels, std::int64_t column, Lanes lanes) {
  if (column + kLanes <= channels || channels >= 2 * kLanes) return lanes.load(coefficients + column);
  float values[kLanes];
  for (int i = 0; i < kLanes; ++i) values[i] = coefficients[(column + i) % channels];
  return load(values);
}

/// dgamma = sum of dy * normalised x, dbeta = sum of dy, dresidual (or null) = dy; dy as the activation lets it through.
template <class T>
void parameter_gradients(Context& context, const BatchNormShape& s, const T* x, MaskedGradient<T> gradient, const float* mean,
                         const float* inverse_deviation, T* dresidual, float* dgamma, float* dbeta, float* partials) {
  float* const sums[] = {dbeta, dgamma};
  column_sums<2>(context, s.rows, s.channels, s.channels, partials, sums, [&]<int kVecs>(std::int64_t column, auto lanes) {
    struct Term {
      const T* x;
      MaskedGradient<T> gradient;
      T* dresidual;
      decltype(lanes) access;
      Vec centre[kVecs];
      void operator()(std::int64_t element, int v, Vec (&terms)[2]) const {
        terms[0] = MaskedGradient<T>::load(gradient, element, access);
        if (dresidual != nullptr) access.store(dresidual + element, terms[0]);
        terms[1] = mul(terms[0], sub(access.load(x + element), centre[v]));
      }
    };
    Term term{x, gradient, dresidual, lanes, {}};
    for (int v = 0; v < kVecs; ++v) term.centre[v] = load_cyclic(mean, s.channels, column + v * kLanes, lanes);
    return term;
  });
  for (std::int64_t c = 0; c < s.channels; ++c) dgamma[c] *= inverse_deviation[c];
}

std::int64_t partials_size(const BatchNormShape& s) { return partial_sums_size(s.rows, s.channels, 2); }

}  // namespace

std::size_t batch_norm_workspace_bytes(const BatchNormShape& s) {
  const WideRows wide = wide_rows(s.rows, s.channels);
  // Moments of every block and of the rest; or partial sums and three coefficients.
  const std::int64_t moments = (row_blocks(wide.rows, wide.columns) * wide.columns + s.channels) * 2;
  const std::size_t moment_bytes = static_cast<std::size_t>(moments) * sizeof(double);
  const std::size_t sum_bytes = float_bytes(partials_size(s)) + 3 * float_bytes(s.channels);
  return moment_bytes > sum_bytes ? moment_bytes : sum_bytes;
}

template <class T>
void batch_norm_statistics(Context& context, const BatchNormShape& s, const T* x, float* mean, float* variance, void* workspace) {
  const WideRows wide = wide_rows(s.rows, s.channels);
  for_row_blocks(context, wide.rows, wide.columns, [&](std::int64_t block, Range rows) {
    block_moments(rows, wide.columns, x, moments_of_block(workspace, block, wide.columns));
  });
  const Moments total = moments_of_block(workspace, 0, wide.columns);
  const std::int64_t block_rows = rows_per_block(wide.columns), blocks = row_blocks(wide.rows, wide.columns);
  for (std::int64_t block = 1; block < blocks; ++block) {
    const std::int64_t merged = block * block_rows;
    merge_moments(wide.columns, static_cast<double>(merged), total, static_cast<double>(minimum(block_rows, wide.rows - merged)),
                  moments_of_block(workspace, block, wide.columns));
  }
  for (std::int64_t repeat = 1; repeat < wide.repeats; ++repeat) {
    const std::int64_t first = repeat * s.channels;
    merge_moments(s.channels, static_cast<double>(repeat * wide.rows), total, static_cast<double>(wide.rows),
                  {total.mean + first, total.squares + first});
  }
  if (wide.rest > 0) {
    const Moments rest = moments_of_block(workspace, blocks, wide.columns);
    const Moments narrow{rest.mean, rest.mean + s.channels};
    block_moments({s.rows - wide.rest, s.rows}, s.channels, x, narrow);
    merge_moments(s.channels, static_cast<double>(s.rows - wide.rest), total, static_cast<double>(wide.rest), narrow);
  }
  for (std::int64_t c = 0; c < s.channels; ++c) {
    mean[c] = static_cast<float>(total.mean[c]);
    variance[c] = static_cast<float>(total.squares[c] / static_cast<double>(s.rows));
  }
}

template <class T>
void batch_norm_normalize(Context& context, const BatchNormShape& s, const T* x, const float* mean, const float* inverse_deviation,
                          const float* gamma, const float* beta, const T* residual, Activation activation, T* y) {
  const bool rectified = activation == Activation::relu;
  const float* const coefficients[] = {mean, inverse_deviation, gamma, beta};
  for_elements(context, s, coefficients, [&](std::int64_t i, const Vec(&c)[4], auto lanes) {
    Vec value = fma(sub(lanes.load(x + i), c[0]), mul(c[1], c[2]), c[3]);
    if (residual != nullptr) value = add(value, lanes.load(residual + i));
    lanes.store(y + i, rectified ? relu(value) : value);
  });
}

template <class T>
void batch_norm_backward(Context& context, const BatchNormShape& s, const T* x, const T* y, const T* dy, const float* mean,
                         const float* inverse_deviation, const float* gamma, T* dx, T* dresidual, float* dgamma, float* dbeta,
                         void* workspace) {
  Slices slices(workspace);
  float* partials = slices.take(partials_size(s));
  MaskedGradient<T> gradient{y, dy};
  parameter_gradients(context, s, x, gradient, mean, inverse_deviation, dresidual, dgamma, dbeta, partials);
  if (dresidual != nullptr) gradient = {nullptr, dresidual};
  // dx = scale * (dy - shift - (x - mean) * slope)
  float *scale = slices.take(s.channels), *shift = slices.take(s.channels), *slope = slices.take(s.channels);
  const float rows = static_cast<float>(s.rows);
  for (std::int64_t c = 0; c < s.channels; ++c) {
    scale[c] = gamma[c] * inverse_deviation[c];
    shift[c] = dbeta[c] / rows;
    slope[c] = inverse_deviation[c] * (dgamma[c] / rows);
  }
  const float* const coefficients[] = {mean, scale, shift, slope};
  for_elements(context, s, coefficients, [&](std::int64_t i, const Vec(&c)[4], auto lanes) {
    const Vec through_statistics = fma(sub(lanes.load(x + i), c[0]), c[3], c[2]);
    lanes.store(dx + i, mul(c[1], sub(MaskedGradient<T>::load(gradient, i, lanes), through_statistics)));
  });
}

template <class T>
void batch_norm_backward_fixed(Context& context, const BatchNormShape& s, const T* x, const T* y, const T* dy, const float* mean,
                               const float* inverse_deviation, const float* gamma, T* dx, T* dresidual, float* dgamma, float* dbeta,
                               void* workspace) {
  MaskedGradient<T> gradient{y, dy};
  parameter_gradients(context, s, x, gradient, mean, inverse_deviation, dresidual, dgamma, dbeta, static_cast<float*>(workspace));
  if (dresidual != nullptr) gradient = {nullptr, dresidual};
  const float* const coefficients[] = {gamma, inverse_deviation};
  for_elements(context, s, coefficients, [&](std::int64_t i, const Vec(&c)[2], auto lanes) {
    lanes.store(dx + i, mul(MaskedGradient<T>::load(gradient, i, lanes), mul(c[0], c[1])));
  });
}

#define FOVEA_INSTANTIATE(T)                                                                                                            \
  template void batch_norm_statistics(Context&, const BatchNormShape&, const T*, float*, float*, void*);                                \
  template void batch_norm_normalize(Context&, const BatchNormShape&, const T*, const float*, const float*, const float*, const float*, \
                                     const T*, Activation, T*);                                                                         \
  template void batch_norm_backward(Context&, const BatchNormShape&, const T*, const T*, const T*, const float*, const float*,          \
                                    const float*, T*, T*, float*, float*, void*);                                                       \
  template void batch_norm_backward_fixed(Context&, const BatchNormShape&, const T*, const T*, const T*, const float*, const float*,    \
                                          const float*, T*, T*, float*, float*, void*)
FOVEA_INSTANTIATE(float);
FOVEA_INSTANTIATE(bf16);
#undef FOVEA_INSTANTIATE

}  // namespace fovea::kernels::FOVEA_ISA_NAMESPACE
