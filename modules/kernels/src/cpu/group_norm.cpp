// Group, layer and instance normalisation.
//
// With one pixel and one group (layer normalisation) a sample is a row: it is read from memory once forward, and once with dy backward,
// and stays in the cache for what follows. Otherwise the statistics are those of the columns of a sample's [pixels, channels] matrix,
// block of pixels by block of pixels, merged over the channels of a group: two passes over memory, forward and backward.
#include <math.h>

#include "cpu/isa_kernels.hpp"
#include "cpu/moments.hpp"

namespace fovea::kernels::FOVEA_ISA_NAMESPACE {

namespace {

bool is_row_wise(const GroupNormShape& s) { return s.pixels == 1 && s.groups == 1; }

/// The longest run of a row whose sum is taken in f32: the rest is added in double.
constexpr std::int64_t kRun = 128 * kLanes;

/// sums[n] = sum over the row of what term(element, lanes, terms) leaves in terms[n].
template <int kSums, class Term>
FOVEA_SIMD_INLINE void sum_row(std::int64_t columns, double (&sums)[kSums], Term term) {
  for (double& sum : sums) sum = 0;
  for (std::int64_t run = 0; run < columns; run += kRun) {
    Vec totals[kSums];
    for (Vec& total : totals) total = zero();
    for_vectors(run, minimum(columns, run + kRun), [&](std::int64_t i, auto lanes) {
      Vec terms[kSums];
      term(i, lanes, terms);
      for (int n = 0; n < kSums; ++n) totals[n] = add(totals[n], lanes.or_else(terms[n], 0));
    });
    for (int n = 0; n < kSums; ++n) sums[n] += sum_of_lanes(totals[n]);
  }
}

template <class T>
void normalize_row(std::int64_t columns, const T* x, const float* gamma, const float* beta, double epsilon, float* mean,
                   float* inverse_deviation, T* y) {
  const double count = static_cast<double>(columns);
  double sum[1], deviations[2];
  sum_row(columns, sum, [&](std::int64_t i, auto lanes, Vec(&terms)[1]) { terms[0] = lanes.load(x + i); });
  const Vec first_mean = broadcast(static_cast<float>(sum[0] / count));
  // What rounding left of the deviations' sum corrects mean and variance.
  sum_row(columns, deviations, [&](std::int64_t i, auto lanes, Vec(&terms)[2]) {
    terms[0] = sub(lanes.load(x + i), first_mean);
    terms[1] = mul(terms[0], terms[0]);
  });
  const double shift = deviations[0] / count, variance = deviations[1] / count - shift * shift;
  *mean = static_cast<float>(static_cast<double>(static_cast<float>(sum[0] / count)) + shift);
  *inverse_deviation = static_cast<float>(1 / ::sqrt((variance > 0 ? variance : 0) + epsilon));
  const Vec centre = broadcast(*mean), scale = broadcast(*inverse_deviation);
  for_vectors(0, columns, [&](std::int64_t i, auto lanes) {
    lanes.store(y + i, fma(mul(sub(lanes.load(x + i), centre), scale), lanes.load(gamma + i), lanes.load(beta + i)));
  });
}

/// Adds the row's share to dgamma and dbeta.
template <class T>
void row_backward(std::int64_t columns, const T* x, const T* dy, float mean, float inverse_deviation, const float* gamma, T* dx,
                  float* dgamma, float* dbeta) {
  const Vec centre = broadcast(mean), scale = broadcast(inverse_deviation);
  double sums[2];
  sum_row(columns, sums, [&](std::int64_t i, auto lanes, Vec(&terms)[2]) {
    terms[0] = mul(lanes.load(gamma + i), lanes.load(dy + i));
    terms[1] = mul(terms[0], mul(sub(lanes.load(x + i), centre), scale));
  });
  const double count = static_cast<double>(columns);
  const Vec shift = broadcast(static_cast<float>(sums[0] / count)), slope = broadcast(static_cast<float>(sums[1] / count));
  for_vectors(0, columns, [&](std::int64_t i, auto lanes) {
    const Vec gradient = lanes.load(dy + i), normalized = mul(sub(lanes.load(x + i), centre), scale);
    lanes.store(dgamma + i, fma(gradient, normalized, lanes.load(dgamma + i)));
    lanes.store(dbeta + i, add(gradient, lanes.load(dbeta + i)));
    lanes.store(dx + i, mul(scale, sub(mul(lanes.load(gamma + i), gradient), fma(normalized, slope, shift))));
  });
}

std::int64_t blocks_per_sample(const GroupNormShape& s) { return row_blocks(s.pixels, s.channels); }

/// Calls body(block among all, sample, first element of the block, its rows) in parallel.
template <class Body>
void for_sample_blocks(Context& context, const GroupNormShape& s, Body body) {
  const std::int64_t blocks = blocks_per_sample(s), block_rows = rows_per_block(s.channels);
  const std::int64_t blocks_per_task = maximum(1, kTaskElements / maximum(1, minimum(block_rows, s.pixels) * s.channels));
  parallel_for(context.threads(), s.n * blocks, blocks_per_task, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t item = begin; item < end; ++item) {
      const std::int64_t sample = item / blocks, first = item % blocks * block_rows;
      body(item, sample, (sample * s.pixels + first) * s.channels, minimum(block_rows, s.pixels - first));
    }
  });
}

/// Calls body(sample) in parallel, for work over a sample's channels.
template <class Body>
void for_samples(Context& context, const GroupNormShape& s, Body body) {
  const std::int64_t samples_per_task = maximum(1, kTaskElements / (blocks_per_sample(s) * s.channels));
  parallel_for(context.threads(), s.n, samples_per_task, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t sample = begin; sample < end; ++sample) body(sample);
  });
}

/// Calls body(element, channel, coefficients, lanes) for every vector; coefficients[k] are those of the sample's channels, from [n, kCount,
/// channels].
template <int kCount, class Body>
void for_elements(Context& context, const GroupNormShape& s, const float* coefficients, Body body) {
  for_sample_blocks(context, s, [&](std::int64_t, std::int64_t sample, std::int64_t element, std::int64_t rows) {
    const float* of_sample = coefficients + sample * kCount * s.channels;
    for (std::int64_t row = 0; row < rows; ++row)
      for_vectors(0, s.channels, [&](std::int64_t c, auto lanes) {
        Vec loaded[kCount];
        for (int k = 0; k < kCount; ++k) loaded[k] = lanes.load(of_sample + k * s.channels + c);
        body(element + row * s.channels + c, c, loaded, lanes);
      });
  });
}

Moments moments_of_block(double* workspace, std::int64_t block, std::int64_t channels) {
  double* mean = workspace + block * 2 * channels;
  return {mean, mean + channels};
}

/// Floats of a double array in Slices.
constexpr std::int64_t doubles(std::int64_t count) { return 2 * count; }

}  // namespace

std::size_t group_norm_workspace_bytes(const GroupNormShape& s) {
  if (is_row_wise(s)) return 2 * float_bytes(row_blocks(s.n, s.channels) * s.channels);
  const std::int64_t blocks = s.n * blocks_per_sample(s);
  const std::size_t forward = float_bytes(doubles(2 * blocks * s.channels)) + float_bytes(2 * s.n * s.channels);
  const std::size_t backward =
      float_bytes(2 * blocks * s.channels) + float_bytes(doubles(2 * s.n * s.channels)) + float_bytes(4 * s.n * s.channels);
  return forward > backward ? forward : backward;
}

template <class T>
void group_norm_forward(Context& context, const GroupNormShape& s, const T* x, const float* gamma, const float* beta, double epsilon,
                        float* mean, float* inverse_deviation, T* y, void* workspace) {
  if (is_row_wise(s)) {
    parallel_for(context.threads(), s.n, rows_per_task(s.channels), [&](std::int64_t begin, std::int64_t end) {
      for (std::int64_t row = begin; row < end; ++row)
        normalize_row(s.channels, x + row * s.channels, gamma, beta, epsilon, mean + row, inverse_deviation + row, y + row * s.channels);
    });
    return;
  }
  const std::int64_t blocks = blocks_per_sample(s), block_rows = rows_per_block(s.channels), width = s.channels / s.groups;
  Slices slices(workspace);
  double* moments = reinterpret_cast<double*>(slices.take(doubles(2 * s.n * blocks * s.channels)));
  float* coefficients = slices.take(2 * s.n * s.channels);  // the mean, and inverse_deviation * gamma
  for_sample_blocks(context, s, [&](std::int64_t block, std::int64_t, std::int64_t element, std::int64_t rows) {
    block_moments({0, rows}, s.channels, x + element, moments_of_block(moments, block, s.channels));
  });
  const double pixels = static_cast<double>(s.pixels);
  for_samples(context, s, [&](std::int64_t sample) {
    const Moments total = moments_of_block(moments, sample * blocks, s.channels);
    for (std::int64_t block = 1; block < blocks; ++block) {
      const std::int64_t merged = block * block_rows;
      merge_moments(s.channels, static_cast<double>(merged), total, static_cast<double>(minimum(block_rows, s.pixels - merged)),
                    moments_of_block(moments, sample * blocks + block, s.channels));
    }
    float *centre = coefficients + sample * 2 * s.channels, *scale = centre + s.channels;
    for (std::int64_t group = 0; group < s.groups; ++group) {
      double sum = 0, squares = 0;
      for (std::int64_t c = group * width; c < (group + 1) * width; ++c) sum += total.mean[c];
      const double group_mean = sum / static_cast<double>(width);
      for (std::int64_t c = group * width; c < (group + 1) * width; ++c) {
        const double difference = total.mean[c] - group_mean;
        squares += total.squares[c] + pixels * difference * difference;
      }
      const double inverse = 1 / ::sqrt(squares / (pixels * static_cast<double>(width)) + epsilon);
      mean[sample * s.groups + group] = static_cast<float>(group_mean);
      inverse_deviation[sample * s.groups + group] = static_cast<float>(inverse);
      for (std::int64_t c = group * width; c < (group + 1) * width; ++c) {
        centre[c] = static_cast<float>(group_mean);
        scale[c] = static_cast<float>(inverse * gamma[c]);
      }
    }
  });
  for_elements<2>(context, s, coefficients, [&](std::int64_t i, std::int64_t channel, const Vec(&c)[2], auto lanes) {
    lanes.store(y + i, fma(sub(lanes.load(x + i), c[0]), c[1], lanes.load(beta + channel)));
  });
}

/// dgamma and dbeta from per-block sums in order of the blocks.
static void merge_rows(std::int64_t blocks, std::int64_t channels, const float* partials, float* sums) {
  merge_partial_sums(blocks, {0, channels, 1, 0}, partials, sums);
}

template <class T>
void group_norm_backward(Context& context, const GroupNormShape& s, const T* x, const T* dy, const float* mean,
                         const float* inverse_deviation, const float* gamma, T* dx, float* dgamma, float* dbeta, void* workspace) {
  Slices slices(workspace);
  if (is_row_wise(s)) {
    const std::int64_t blocks = row_blocks(s.n, s.channels);
    float *gamma_sums = slices.take(blocks * s.channels), *beta_sums = slices.take(blocks * s.channels);
    for_row_blocks(context, s.n, s.channels, [&](std::int64_t block, Range rows) {
      float *gamma_sum = gamma_sums + block * s.channels, *beta_sum = beta_sums + block * s.channels;
      for (std::int64_t c = 0; c < s.channels; ++c) gamma_sum[c] = beta_sum[c] = 0;
      for (std::int64_t row = rows.begin; row < rows.end; ++row)
        row_backward(s.channels, x + row * s.channels, dy + row * s.channels, mean[row], inverse_deviation[row], gamma,
                     dx + row * s.channels, gamma_sum, beta_sum);
    });
    merge_rows(blocks, s.channels, gamma_sums, dgamma);
    merge_rows(blocks, s.channels, beta_sums, dbeta);
    return;
  }
  const std::int64_t blocks = blocks_per_sample(s), width = s.channels / s.groups;
  float* partials = slices.take(2 * s.n * blocks * s.channels);  // of a block: sums of dy, and of dy * (x - mean)
  double* sample_sums = reinterpret_cast<double*>(slices.take(doubles(2 * s.n * s.channels)));
  float* coefficients = slices.take(4 * s.n * s.channels);
  for_samples(context, s, [&](std::int64_t sample) {
    float* centre = coefficients + sample * 4 * s.channels;
    for (std::int64_t c = 0; c < s.channels; ++c) centre[c] = mean[sample * s.groups + c / width];
  });
  for_sample_blocks(context, s, [&](std::int64_t block, std::int64_t sample, std::int64_t element, std::int64_t rows) {
    const float* centre = coefficients + sample * 4 * s.channels;
    float* out = partials + block * 2 * s.channels;
    for_column_groups(s.channels, [&]<int kVecs>(std::int64_t column, auto lanes) {
      Vec centres[kVecs], sums[2][kVecs];
      for (int v = 0; v < kVecs; ++v) centres[v] = lanes.load(centre + column + v * kLanes);
      sum_down<kVecs, 2>({0, rows}, sums, [&](std::int64_t row, int v, Vec(&terms)[2]) {
        const std::int64_t i = element + row * s.channels + column + v * kLanes;
        terms[0] = lanes.load(dy + i);
        terms[1] = mul(terms[0], sub(lanes.load(x + i), centres[v]));
      });
      for (int n = 0; n < 2; ++n)
        for (int v = 0; v < kVecs; ++v) lanes.store(out + n * s.channels + column + v * kLanes, sums[n][v]);
    });
  });
  // dx = gamma * inverse_deviation * dy - (x - mean) * slope - shift
  const double count = static_cast<double>(s.pixels * width);
  for_samples(context, s, [&](std::int64_t sample) {
    double *sums = sample_sums + sample * 2 * s.channels, *products = sums + s.channels;
    float* scale = coefficients + sample * 4 * s.channels + s.channels;
    float *slope = scale + s.channels, *shift = slope + s.channels;
    for (std::int64_t c = 0; c < 2 * s.channels; ++c) sums[c] = 0;
    for (std::int64_t block = 0; block < blocks; ++block)
      for (std::int64_t c = 0; c < 2 * s.channels; ++c) sums[c] += partials[(sample * blocks + block) * 2 * s.channels + c];
    for (std::int64_t group = 0; group < s.groups; ++group) {
      const double inverse = inverse_deviation[sample * s.groups + group];
      double sum = 0, product = 0;
      for (std::int64_t c = group * width; c < (group + 1) * width; ++c) {
        sum += gamma[c] * sums[c];
        products[c] *= inverse;
        product += gamma[c] * products[c];
      }
      for (std::int64_t c = group * width; c < (group + 1) * width; ++c) {
        scale[c] = static_cast<float>(gamma[c] * inverse);
        slope[c] = static_cast<float>(inverse * inverse * product / count);
        shift[c] = static_cast<float>(inverse * sum / count);
      }
    }
  });
  for (std::int64_t c = 0; c < s.channels; ++c) {
    double sum = 0, product = 0;
    for (std::int64_t sample = 0; sample < s.n; ++sample) {
      sum += sample_sums[sample * 2 * s.channels + c];
      product += sample_sums[sample * 2 * s.channels + s.channels + c];
    }
    dbeta[c] = static_cast<float>(sum);
    dgamma[c] = static_cast<float>(product);
  }
  for_elements<4>(context, s, coefficients, [&](std::int64_t i, std::int64_t, const Vec(&c)[4], auto lanes) {
    const Vec through_statistics = fma(sub(lanes.load(x + i), c[0]), c[2], c[3]);
    lanes.store(dx + i, sub(mul(lanes.load(dy + i), c[1]), through_statistics));
  });
}

#define FOVEA_INSTANTIATE(T)                                                                                                           \
  template void group_norm_forward(Context&, const GroupNormShape&, const T*, const float*, const float*, double, float*, float*, T*,  \
                                   void*);                                                                                             \
  template void group_norm_backward(Context&, const GroupNormShape&, const T*, const T*, const float*, const float*, const float*, T*, \
                                    float*, float*, void*)
FOVEA_INSTANTIATE(float);
FOVEA_INSTANTIATE(bf16);
#undef FOVEA_INSTANTIATE

}  // namespace fovea::kernels::FOVEA_ISA_NAMESPACE
