// Softmax and cross-entropy, vectorised along a row.
#include <math.h>

#include "cpu/isa_kernels.hpp"
#include "cpu/vector_loops.hpp"

namespace fovea::kernels::FOVEA_ISA_NAMESPACE {

namespace {

/// Calls body(row) for every row, in parallel.
template <class Body>
void for_rows(Context& context, std::int64_t rows, std::int64_t columns, Body body) {
  parallel_for(context.threads(), rows, rows_per_task(columns), [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t row = begin; row < end; ++row) body(row);
  });
}

/// The largest element that is not NaN; minus infinity when there is none.
FOVEA_SIMD_INLINE float row_maximum(std::int64_t columns, const float* x) {
  Vec largest = broadcast(-INFINITY);
  for_vectors(0, columns, [&](std::int64_t c, auto lanes) { largest = max(lanes.or_else(lanes.load(x + c), -INFINITY), largest); });
  return largest_lane(largest);
}

/// Sum of exp(x - shift); `use` receives every term: use(column, terms, lanes).
template <class Use>
FOVEA_SIMD_INLINE double sum_of_exponentials(std::int64_t columns, const float* x, float shift, Use use) {
  Vec sum = zero();
  for_vectors(0, columns, [&](std::int64_t c, auto lanes) {
    const Vec terms = exp(sub(lanes.load(x + c), broadcast(shift)));
    use(c, terms, lanes);
    sum = add(sum, lanes.or_else(terms, 0));
  });
  return sum_of_lanes(sum);
}

/// The class weights of a call: null stands for ones.
struct ClassWeights {
  const float* values;
  std::int64_t classes;

  double of(std::int64_t c) const { return values == nullptr ? 1 : values[c]; }

  double sum() const {
    double total = 0;
    for (std::int64_t c = 0; c < classes; ++c) total += of(c);
    return total;
  }

  /// Sum of weight * (top - x), where classes of weight zero add nothing, not even at a logit of minus infinity.
  double weighted_distance(const float* x, float top) const {
    Vec sum = zero();
    for_vectors(0, classes, [&](std::int64_t c, auto lanes) {
      const Vec weight = values == nullptr ? broadcast(1) : lanes.load(values + c);
      const Vec distance = mul(weight, sub(broadcast(top), lanes.load(x + c)));
      sum = add(sum, lanes.or_else(select_greater(weight, zero(), distance, zero()), 0));
    });
    return sum_of_lanes(sum);
  }
};

}  // namespace

void softmax_forward(Context& context, std::int64_t rows, std::int64_t columns, const float* x, float* y) {
  for_rows(context, rows, columns, [&](std::int64_t row) {
    const float* from = x + row * columns;
    float* to = y + row * columns;
    const double sum = sum_of_exponentials(columns, from, row_maximum(columns, from),
                                           [&](std::int64_t c, Vec terms, auto lanes) { lanes.store(to + c, terms); });
    const Vec scale = broadcast(static_cast<float>(1 / sum));
    for_vectors(0, columns, [&](std::int64_t c, auto lanes) { lanes.store(to + c, mul(lanes.load(to + c), scale)); });
  });
}

void softmax_backward(Context& context, std::int64_t rows, std::int64_t columns, const float* y, const float* dy, float* dx) {
  for_rows(context, rows, columns, [&](std::int64_t row) {
    const std::int64_t start = row * columns;
    Vec products = zero();
    for_vectors(start, start + columns,
                [&](std::int64_t i, auto lanes) { products = fma(lanes.load(y + i), lanes.load(dy + i), products); });
    const Vec sum = broadcast(static_cast<float>(sum_of_lanes(products)));
    for_vectors(start, start + columns,
                [&](std::int64_t i, auto lanes) { lanes.store(dx + i, mul(lanes.load(y + i), sub(lanes.load(dy + i), sum))); });
  });
}

void cross_entropy(Context& context, const CrossEntropyShape& s, const float* logits, const std::int64_t* targets,
                   const float* class_weights, float* loss, float* normaliser, float* log_sum_exp) {
  const ClassWeights weights{class_weights, s.classes};
  const double uniform_share = s.label_smoothing / static_cast<double>(s.classes), weight_sum = weights.sum();
  for_rows(context, s.rows, s.classes, [&](std::int64_t row) {
    const float* x = logits + row * s.classes;
    const float top = row_maximum(s.classes, x);
    // Distances are taken from the largest logit, so that the loss keeps its digits when all logits are large.
    const double log_sum = ::log(sum_of_exponentials(s.classes, x, top, [](std::int64_t, Vec, auto) {}));
    log_sum_exp[row] = static_cast<float>(top + log_sum);
    loss[row] = normaliser[row] = 0;
    const std::int64_t target = targets[row];
    if (target == s.ignore_index) return;
    const double target_share = weights.of(target) * (1 - s.label_smoothing);
    double total = target_share == 0 ? 0 : target_share * (static_cast<double>(top) - x[target] + log_sum);
    if (uniform_share > 0) total += uniform_share * (weights.weighted_distance(x, top) + weight_sum * log_sum);
    loss[row] = static_cast<float>(total);
    normaliser[row] = static_cast<float>(weights.of(target));
  });
}

void cross_entropy_backward(Context& context, const CrossEntropyShape& s, const float* logits, const std::int64_t* targets,
                            const float* class_weights, const float* log_sum_exp, const float* row_scale, float* dlogits) {
  const ClassWeights weights{class_weights, s.classes};
  const double uniform_share = s.label_smoothing / static_cast<double>(s.classes), weight_sum = weights.sum();
  for_rows(context, s.rows, s.classes, [&](std::int64_t row) {
    float* dx = dlogits + row * s.classes;
    const std::int64_t target = targets[row];
    if (target == s.ignore_index) {
      for_vectors(0, s.classes, [&](std::int64_t c, auto lanes) { lanes.store(dx + c, zero()); });
      return;
    }
    // exp(x - log_sum_exp) sums to 1 but for the rounding of log_sum_exp, which matters when logits are large: dividing by the sum heals
    // it.
    const double sum = sum_of_exponentials(s.classes, logits + row * s.classes, log_sum_exp[row],
                                           [&](std::int64_t c, Vec terms, auto lanes) { lanes.store(dx + c, terms); });
    const double target_share = weights.of(target) * (1 - s.label_smoothing);
    const Vec probability_scale = broadcast(static_cast<float>(row_scale[row] * (target_share + uniform_share * weight_sum) / sum));
    const Vec uniform_scale = broadcast(static_cast<float>(row_scale[row] * uniform_share));
    for_vectors(0, s.classes, [&](std::int64_t c, auto lanes) {
      const Vec weight = class_weights == nullptr ? broadcast(1) : lanes.load(class_weights + c);
      lanes.store(dx + c, sub(mul(lanes.load(dx + c), probability_scale), mul(uniform_scale, weight)));
    });
    dx[target] -= static_cast<float>(row_scale[row] * target_share);
  });
}

}  // namespace fovea::kernels::FOVEA_ISA_NAMESPACE
