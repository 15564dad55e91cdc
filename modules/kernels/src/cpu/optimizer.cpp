// Parameter updates: one pass over memory, one parallel region for all parameters.
#include "cpu/isa_kernels.hpp"
#include "cpu/vector_loops.hpp"

namespace fovea::kernels::FOVEA_ISA_NAMESPACE {

namespace {

/// The weight's next value when it moves along `direction`.
FOVEA_SIMD_INLINE Vec moved(Vec weight, Vec rate, Vec direction) { return sub(weight, mul(rate, direction)); }

FOVEA_SIMD_INLINE Vec constant(double value) { return broadcast(static_cast<float>(value)); }

/// Parameters are laid end to end on cache lines, so that pieces of a block begin where vectors do.
constexpr std::int64_t slot_elements(std::int64_t count) { return (count + 15) / 16 * 16; }

/// Calls run(update, begin, end) for pieces of all updates: the updates laid end to end are cut into tasks of kTaskElements, so that
/// many small ones are one task and a large one is many.
template <class Update, class Run>
void for_pieces(Context& context, std::int64_t updates, const Update* update, Run run) {
  std::int64_t total = 0;
  for (std::int64_t i = 0; i < updates; ++i) total += slot_elements(update[i].count);
  parallel_for(context.threads(), total, kTaskElements, [&](std::int64_t begin, std::int64_t end) {
    std::int64_t start = 0;  // of update i
    for (std::int64_t i = 0; i < updates && start < end; ++i) {
      const std::int64_t first = maximum(begin - start, 0), last = minimum(end - start, update[i].count);
      if (first < last) run(update[i], first, last);
      start += slot_elements(update[i].count);
    }
  });
}

}  // namespace

void sgd(Context& context, std::int64_t updates, const SgdUpdate<float>* update) {
  for_pieces(context, updates, update, [](const SgdUpdate<float>& u, std::int64_t begin, std::int64_t end) {
    const SgdStep& step = u.step;
    const Vec rate = constant(step.rate), momentum = constant(step.momentum), decay = constant(step.weight_decay);
    const Vec fresh = constant(1 - step.dampening);
    for_vectors(begin, end, [&](std::int64_t i, auto lanes) {
      const Vec w = lanes.load(u.weight + i);
      const Vec g = fma(decay, w, lanes.load(u.gradient + i));
      Vec direction = g;
      if (step.rate_in_velocity && step.momentum != 0) {
        const Vec push = mul(rate, g);
        const Vec v = step.first ? sub(zero(), push) : sub(mul(momentum, lanes.load(u.velocity + i)), push);
        lanes.store(u.velocity + i, v);
        lanes.store(u.weight + i, add(w, step.nesterov ? sub(mul(momentum, v), push) : v));
        return;
      }
      if (step.momentum != 0) {
        const Vec v = step.first ? g : fma(momentum, lanes.load(u.velocity + i), mul(fresh, g));
        lanes.store(u.velocity + i, v);
        direction = step.nesterov ? fma(momentum, v, g) : v;
      }
      lanes.store(u.weight + i, moved(w, rate, direction));
    });
  });
}

void adamw(Context& context, std::int64_t updates, const AdamWUpdate<float>* update) {
  for_pieces(context, updates, update, [](const AdamWUpdate<float>& u, std::int64_t begin, std::int64_t end) {
    const AdamWStep& step = u.step;
    const Vec rate = constant(step.rate), rate_decay = constant(step.rate * step.weight_decay), epsilon = constant(step.epsilon);
    const Vec beta1 = constant(step.beta1), fresh1 = constant(1 - step.beta1), inverse_correction1 = constant(1 / step.correction1);
    const Vec beta2 = constant(step.beta2), fresh2 = constant(1 - step.beta2), inverse_correction2 = constant(1 / step.correction2);
    for_vectors(begin, end, [&](std::int64_t i, auto lanes) {
      const Vec g = lanes.load(u.gradient + i), w = lanes.load(u.weight + i);
      const Vec m = fma(beta1, lanes.load(u.first_moment + i), mul(fresh1, g));
      const Vec v = fma(beta2, lanes.load(u.second_moment + i), mul(fresh2, mul(g, g)));
      lanes.store(u.first_moment + i, m);
      lanes.store(u.second_moment + i, v);
      const Vec deviation = add(sqrt(mul(v, inverse_correction2)), epsilon);
      lanes.store(u.weight + i, moved(moved(w, rate_decay, w), rate, div(mul(m, inverse_correction1), deviation)));
    });
  });
}

void adam(Context& context, std::int64_t updates, const AdamUpdate<float>* update) {
  for_pieces(context, updates, update, [](const AdamUpdate<float>& u, std::int64_t begin, std::int64_t end) {
    const AdamStep& step = u.step;
    const Vec rate = constant(step.rate), decay = constant(step.weight_decay), epsilon = constant(step.epsilon);
    const Vec beta1 = constant(step.beta1), fresh1 = constant(1 - step.beta1), inverse_correction1 = constant(1 / step.correction1);
    const Vec beta2 = constant(step.beta2), fresh2 = constant(1 - step.beta2), inverse_correction2 = constant(1 / step.correction2);
    for_vectors(begin, end, [&](std::int64_t i, auto lanes) {
      const Vec w = lanes.load(u.weight + i), g = fma(decay, w, lanes.load(u.gradient + i));
      const Vec m = fma(beta1, lanes.load(u.first_moment + i), mul(fresh1, g));
      Vec v = fma(beta2, lanes.load(u.second_moment + i), mul(fresh2, mul(g, g)));
      lanes.store(u.first_moment + i, m);
      lanes.store(u.second_moment + i, v);
      if (u.largest_moment != nullptr) {
        v = max(lanes.load(u.largest_moment + i), v);
        lanes.store(u.largest_moment + i, v);
      }
      const Vec variance = mul(v, inverse_correction2);
      const Vec deviation = step.epsilon_in_root ? sqrt(add(variance, epsilon)) : add(sqrt(variance), epsilon);
      lanes.store(u.weight + i, moved(w, rate, div(mul(m, inverse_correction1), deviation)));
    });
  });
}

void adagrad(Context& context, std::int64_t updates, const AdagradUpdate<float>* update) {
  for_pieces(context, updates, update, [](const AdagradUpdate<float>& u, std::int64_t begin, std::int64_t end) {
    const Vec rate = constant(u.step.rate), decay = constant(u.step.weight_decay), epsilon = constant(u.step.epsilon);
    for_vectors(begin, end, [&](std::int64_t i, auto lanes) {
      const Vec w = lanes.load(u.weight + i), g = fma(decay, w, lanes.load(u.gradient + i));
      const Vec s = fma(g, g, lanes.load(u.square_sum + i));
      lanes.store(u.square_sum + i, s);
      lanes.store(u.weight + i, moved(w, rate, div(g, add(sqrt(s), epsilon))));
    });
  });
}

void rmsprop(Context& context, std::int64_t updates, const RmspropUpdate<float>* update) {
  for_pieces(context, updates, update, [](const RmspropUpdate<float>& u, std::int64_t begin, std::int64_t end) {
    const RmspropStep& step = u.step;
    const Vec rate = constant(step.rate), decay = constant(step.weight_decay), epsilon = constant(step.epsilon);
    const Vec alpha = constant(step.alpha), fresh = constant(1 - step.alpha), momentum = constant(step.momentum);
    for_vectors(begin, end, [&](std::int64_t i, auto lanes) {
      const Vec w = lanes.load(u.weight + i), g = fma(decay, w, lanes.load(u.gradient + i));
      Vec variance = fma(alpha, lanes.load(u.square_average + i), mul(fresh, mul(g, g)));
      lanes.store(u.square_average + i, variance);
      if (u.gradient_average != nullptr) {
        const Vec a = fma(alpha, lanes.load(u.gradient_average + i), mul(fresh, g));
        lanes.store(u.gradient_average + i, a);
        variance = relu(sub(variance, mul(a, a)));  // rounding may leave it below zero
      }
      Vec direction = div(g, add(sqrt(variance), epsilon));
      if (u.velocity != nullptr) {
        direction = fma(momentum, lanes.load(u.velocity + i), direction);
        lanes.store(u.velocity + i, direction);
      }
      lanes.store(u.weight + i, moved(w, rate, direction));
    });
  });
}

void adadelta(Context& context, std::int64_t updates, const AdadeltaUpdate<float>* update) {
  for_pieces(context, updates, update, [](const AdadeltaUpdate<float>& u, std::int64_t begin, std::int64_t end) {
    const AdadeltaStep& step = u.step;
    const Vec rate = constant(step.rate), decay = constant(step.weight_decay), epsilon = constant(step.epsilon);
    const Vec rho = constant(step.rho), fresh = constant(1 - step.rho);
    for_vectors(begin, end, [&](std::int64_t i, auto lanes) {
      const Vec w = lanes.load(u.weight + i), g = fma(decay, w, lanes.load(u.gradient + i));
      const Vec s = fma(rho, lanes.load(u.square_average + i), mul(fresh, mul(g, g)));
      const Vec average = lanes.load(u.delta_average + i);
      const Vec delta = mul(div(sqrt(add(average, epsilon)), sqrt(add(s, epsilon))), g);
      lanes.store(u.square_average + i, s);
      lanes.store(u.delta_average + i, fma(rho, average, mul(fresh, mul(delta, delta))));
      lanes.store(u.weight + i, moved(w, rate, delta));
    });
  });
}

}  // namespace fovea::kernels::FOVEA_ISA_NAMESPACE
