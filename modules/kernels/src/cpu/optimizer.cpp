// Parameter updates: one pass over memory.
#include "cpu/isa_kernels.hpp"
#include "cpu/vector_loops.hpp"

namespace fovea::kernels::FOVEA_ISA_NAMESPACE {

namespace {

/// The weight's next value when it moves along `direction`.
FOVEA_SIMD_INLINE Vec moved(Vec weight, Vec rate, Vec direction) { return sub(weight, mul(rate, direction)); }

FOVEA_SIMD_INLINE Vec constant(double value) { return broadcast(static_cast<float>(value)); }

}  // namespace

void sgd(Context& context, std::int64_t count, const SgdStep& step, const float* gradient, float* velocity, float* weight) {
  parallel_for(context.threads(), count, kTaskElements, [&](std::int64_t begin, std::int64_t end) {
    const Vec rate = constant(step.rate), momentum = constant(step.momentum), decay = constant(step.weight_decay);
    const Vec fresh = constant(1 - step.dampening);
    for_vectors(begin, end, [&](std::int64_t i, auto lanes) {
      const Vec w = lanes.load(weight + i);
      const Vec g = fma(decay, w, lanes.load(gradient + i));
      Vec direction = g;
      if (step.momentum != 0) {
        const Vec v = step.first ? g : fma(momentum, lanes.load(velocity + i), mul(fresh, g));
        lanes.store(velocity + i, v);
        direction = step.nesterov ? fma(momentum, v, g) : v;
      }
      lanes.store(weight + i, moved(w, rate, direction));
    });
  });
}

void adamw(Context& context, std::int64_t count, const AdamWStep& step, const float* gradient, float* first_moment, float* second_moment,
           float* weight) {
  parallel_for(context.threads(), count, kTaskElements, [&](std::int64_t begin, std::int64_t end) {
    const Vec rate = constant(step.rate), rate_decay = constant(step.rate * step.weight_decay), epsilon = constant(step.epsilon);
    const Vec beta1 = constant(step.beta1), fresh1 = constant(1 - step.beta1), inverse_correction1 = constant(1 / step.correction1);
    const Vec beta2 = constant(step.beta2), fresh2 = constant(1 - step.beta2), inverse_correction2 = constant(1 / step.correction2);
    for_vectors(begin, end, [&](std::int64_t i, auto lanes) {
      const Vec g = lanes.load(gradient + i), w = lanes.load(weight + i);
      const Vec m = fma(beta1, lanes.load(first_moment + i), mul(fresh1, g));
      const Vec v = fma(beta2, lanes.load(second_moment + i), mul(fresh2, mul(g, g)));
      lanes.store(first_moment + i, m);
      lanes.store(second_moment + i, v);
      const Vec deviation = add(sqrt(mul(v, inverse_correction2)), epsilon);
      lanes.store(weight + i, moved(moved(w, rate_decay, w), rate, div(mul(m, inverse_correction1), deviation)));
    });
  });
}

}  // namespace fovea::kernels::FOVEA_ISA_NAMESPACE
