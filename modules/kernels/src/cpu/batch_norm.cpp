// Batch normalisation, vectorised over channels.
#include "cpu/column_sums.hpp"
#include "cpu/isa_kernels.hpp"

namespace fovea::kernels::FOVEA_ISA_NAMESPACE {

namespace {

/// Mean of a block's rows and sum of the squared deviations from it, [channels] each, in double: what Chan's formula merges.
struct Moments {
  double* mean;
  double* squares;
};

Moments moments_of_block(void* workspace, std::int64_t block, std::int64_t channels) {
  double* mean = static_cast<double*>(workspace) + block * 2 * channels;
  return {mean, mean + channels};
}

/// Two passes over a block that stays in the cache. Deviations from the block's own mean are small, so that nothing cancels however far
/// from zero the data lie; what rounding left of their sum corrects the mean.
void block_moments(Range rows, std::int64_t channels, const float* x, Moments out) {
  const double count = static_cast<double>(rows.end - rows.begin);
  const Vec inverse_count = broadcast(static_cast<float>(1 / count));
  for_column_groups(channels, [&]<int kVecs>(std::int64_t channel, auto lanes) {
    const auto value = [&](std::int64_t row, int v) { return lanes.load(x + row * channels + channel + v * kLanes); };
    Vec mean[kVecs], residual[kVecs], squares[kVecs];
    sum_down(rows, mean, value);
    for (int v = 0; v < kVecs; ++v) mean[v] = mul(mean[v], inverse_count);
    sum_down(rows, residual, [&](std::int64_t row, int v) { return sub(value(row, v), mean[v]); });
    sum_down(rows, squares, [&](std::int64_t row, int v) {
      const Vec deviation = sub(value(row, v), mean[v]);
      return mul(deviation, deviation);
    });
    float means[kVecs * kLanes], residuals[kVecs * kLanes], sums_of_squares[kVecs * kLanes];
    for (int v = 0; v < kVecs; ++v) {
      store(means + v * kLanes, mean[v]);
      store(residuals + v * kLanes, residual[v]);
      store(sums_of_squares + v * kLanes, squares[v]);
    }
    const std::int64_t width = minimum(kVecs * kLanes, channels - channel);
    for (std::int64_t i = 0; i < width; ++i) {
      const double shift = residuals[i] / count;
      out.mean[channel + i] = means[i] + shift;
      out.squares[channel + i] = sums_of_squares[i] - residuals[i] * shift;
    }
  });
}

/// Chan, Golub and LeVeque 1979, equation 2.1: into `total` of `total_count` rows goes `block` of `block_count` rows.
void merge_moments(std::int64_t channels, double total_count, Moments total, double block_count, Moments block) {
  const double share = block_count / (total_count + block_count);
  for (std::int64_t c = 0; c < channels; ++c) {
    const double difference = block.mean[c] - total.mean[c];
    total.mean[c] += difference * share;
    total.squares[c] += block.squares[c] + difference * difference * total_count * share;
  }
}

/// dgamma = sum of dy * normalised x, dbeta = sum of dy.
void parameter_gradients(Context& context, const BatchNormShape& s, const float* x, const float* dy, const float* mean,
                         const float* inverse_deviation, float* dgamma, float* dbeta, void* workspace) {
  const std::int64_t channels = s.channels, blocks = row_blocks(s.rows, channels);
  Slices slices(workspace);
  float* products = slices.take(blocks * channels);
  float* sums = slices.take(blocks * channels);
  for_row_blocks(context, s.rows, channels, [&](std::int64_t block, Range rows) {
    for_column_groups(channels, [&]<int kVecs>(std::int64_t channel, auto lanes) {
      const auto at = [&](const float* p, std::int64_t row, int v) { return lanes.load(p + row * channels + channel + v * kLanes); };
      Vec centre[kVecs], sum[kVecs], product[kVecs];
      for (int v = 0; v < kVecs; ++v) centre[v] = at(mean, 0, v);
      sum_down(rows, sum, [&](std::int64_t row, int v) { return at(dy, row, v); });
      sum_down(rows, product, [&](std::int64_t row, int v) { return mul(at(dy, row, v), sub(at(x, row, v), centre[v])); });
      for (int v = 0; v < kVecs; ++v) {
        lanes.store(sums + block * channels + channel + v * kLanes, sum[v]);
        lanes.store(products + block * channels + channel + v * kLanes, mul(product[v], at(inverse_deviation, 0, v)));
      }
    });
  });
  merge_partial_sums(blocks, channels, products, dgamma);
  merge_partial_sums(blocks, channels, sums, dbeta);
}

/// Calls body(element, channel, lanes) for every vector of x, in parallel.
template <class Body>
void for_elements(Context& context, const BatchNormShape& s, Body body) {
  parallel_for(context.threads(), s.rows, rows_per_task(s.channels), [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t row = begin; row < end; ++row)
      for_vectors(0, s.channels, [&](std::int64_t channel, auto lanes) { body(row * s.channels + channel, channel, lanes); });
  });
}

}  // namespace

std::size_t batch_norm_workspace_bytes(const BatchNormShape& s) {
  const std::int64_t partials = row_blocks(s.rows, s.channels) * s.channels;  // two per channel and block: of doubles, or of floats
  return 2 * static_cast<std::size_t>(partials) * sizeof(double) + 2 * float_bytes(1);
}

void batch_norm_statistics(Context& context, const BatchNormShape& s, const float* x, float* mean, float* variance, void* workspace) {
  for_row_blocks(context, s.rows, s.channels, [&](std::int64_t block, Range rows) {
    block_moments(rows, s.channels, x, moments_of_block(workspace, block, s.channels));
  });
  const Moments total = moments_of_block(workspace, 0, s.channels);
  const std::int64_t block_rows = rows_per_block(s.channels);
  for (std::int64_t block = 1; block < row_blocks(s.rows, s.channels); ++block) {
    const std::int64_t merged = block * block_rows;
    merge_moments(s.channels, static_cast<double>(merged), total, static_cast<double>(minimum(block_rows, s.rows - merged)),
                  moments_of_block(workspace, block, s.channels));
  }
  for (std::int64_t c = 0; c < s.channels; ++c) {
    mean[c] = static_cast<float>(total.mean[c]);
    variance[c] = static_cast<float>(total.squares[c] / static_cast<double>(s.rows));
  }
}

void batch_norm_normalize(Context& context, const BatchNormShape& s, const float* x, const float* mean, const float* inverse_deviation,
                          const float* gamma, const float* beta, float* y) {
  for_elements(context, s, [&](std::int64_t i, std::int64_t c, auto lanes) {
    const Vec scale = mul(lanes.load(inverse_deviation + c), lanes.load(gamma + c));
    lanes.store(y + i, fma(sub(lanes.load(x + i), lanes.load(mean + c)), scale, lanes.load(beta + c)));
  });
}

void batch_norm_backward(Context& context, const BatchNormShape& s, const float* x, const float* dy, const float* mean,
                         const float* inverse_deviation, const float* gamma, float* dx, float* dgamma, float* dbeta, void* workspace) {
  parameter_gradients(context, s, x, dy, mean, inverse_deviation, dgamma, dbeta, workspace);
  const Vec inverse_rows = broadcast(1 / static_cast<float>(s.rows));
  for_elements(context, s, [&](std::int64_t i, std::int64_t c, auto lanes) {
    const Vec deviation = lanes.load(inverse_deviation + c);
    const Vec normalized = mul(sub(lanes.load(x + i), lanes.load(mean + c)), deviation);
    const Vec through_statistics = mul(fma(normalized, lanes.load(dgamma + c), lanes.load(dbeta + c)), inverse_rows);
    lanes.store(dx + i, mul(mul(lanes.load(gamma + c), deviation), sub(lanes.load(dy + i), through_statistics)));
  });
}

void batch_norm_backward_fixed(Context& context, const BatchNormShape& s, const float* x, const float* dy, const float* mean,
                               const float* inverse_deviation, const float* gamma, float* dx, float* dgamma, float* dbeta,
                               void* workspace) {
  parameter_gradients(context, s, x, dy, mean, inverse_deviation, dgamma, dbeta, workspace);
  for_elements(context, s, [&](std::int64_t i, std::int64_t c, auto lanes) {
    lanes.store(dx + i, mul(lanes.load(dy + i), mul(lanes.load(gamma + c), lanes.load(inverse_deviation + c))));
  });
}

}  // namespace fovea::kernels::FOVEA_ISA_NAMESPACE
