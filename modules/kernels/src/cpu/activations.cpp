// Activations: a functor with the value and the slope of each, and one loop for all.
#include "cpu/isa_kernels.hpp"
#include "cpu/vector_functions.hpp"

namespace fovea::kernels::FOVEA_ISA_NAMESPACE {

namespace {

/// Every functor has `value(x)` and `slope(x)`.
struct Sigmoid {
  FOVEA_SIMD_INLINE Vec value(const Sigmoid&, Vec x) { return sigmoid(x); }
  FOVEA_SIMD_INLINE Vec slope(const Sigmoid&, Vec x) { return sigmoid_slope(x); }
};

struct Tanh {
  FOVEA_SIMD_INLINE Vec value(const Tanh&, Vec x) { return tanh(x); }
  /// 1 - tanh^2 = 4 s (1 - s) with s = sigmoid(2 x)
  FOVEA_SIMD_INLINE Vec slope(const Tanh&, Vec x) { return mul(broadcast(4), sigmoid_slope(add(x, x))); }
};

struct LeakyRelu {
  float alpha;
  FOVEA_SIMD_INLINE Vec value(const LeakyRelu& f, Vec x) { return select_greater(x, zero(), x, mul(broadcast(f.alpha), x)); }
  FOVEA_SIMD_INLINE Vec slope(const LeakyRelu& f, Vec x) { return select_greater(x, zero(), broadcast(1), broadcast(f.alpha)); }
};

struct Relu6 {
  FOVEA_SIMD_INLINE Vec value(const Relu6&, Vec x) { return select_greater(x, broadcast(6), broadcast(6), relu(x)); }
  FOVEA_SIMD_INLINE Vec slope(const Relu6&, Vec x) {
    return select_greater(x, zero(), select_greater(broadcast(6), x, broadcast(1), zero()), zero());
  }
};

struct Elu {
  float alpha, scale;
  FOVEA_SIMD_INLINE Vec value(const Elu& f, Vec x) {
    return mul(broadcast(f.scale), select_greater(x, zero(), x, mul(broadcast(f.alpha), expm1(x))));
  }
  FOVEA_SIMD_INLINE Vec slope(const Elu& f, Vec x) {
    return mul(broadcast(f.scale), select_greater(x, zero(), broadcast(1), mul(broadcast(f.alpha), exp(x))));
  }
};

struct Softplus {
  float alpha, inverse_alpha;
  /// max(z, 0) + log(1 + exp(-|z|)), z = alpha x
  FOVEA_SIMD_INLINE Vec value(const Softplus& f, Vec x) {
    const Vec z = mul(broadcast(f.alpha), x);
    return mul(broadcast(f.inverse_alpha), add(relu(z), log1p(exp(negative_magnitude(z)))));
  }
  FOVEA_SIMD_INLINE Vec slope(const Softplus& f, Vec x) { return sigmoid(mul(broadcast(f.alpha), x)); }
};

struct Silu {
  FOVEA_SIMD_INLINE Vec value(const Silu&, Vec x) { return mul(x, sigmoid(x)); }
  FOVEA_SIMD_INLINE Vec slope(const Silu&, Vec x) { return fma(x, sigmoid_slope(x), sigmoid(x)); }
};

struct Mish {
  /// tanh(log(1 + exp(x))) = numerator / (numerator + rest). With e = exp(x) they are e (e + 2) and 2; for positive x both are
  /// multiplied by exp(-2x), so that nothing overflows.
  struct Quotient {
    Vec numerator, rest, sum;
  };
  FOVEA_SIMD_INLINE Quotient quotient(Vec x, Vec e) {
    const Vec two = broadcast(2);
    const Vec numerator = select_greater(x, zero(), fma(two, e, broadcast(1)), mul(e, add(e, two)));
    const Vec rest = select_greater(x, zero(), mul(two, mul(e, e)), two);
    return {numerator, rest, add(numerator, rest)};
  }
  FOVEA_SIMD_INLINE Vec value(const Mish&, Vec x) {
    const Quotient q = quotient(x, exp(negative_magnitude(x)));
    return mul(x, div(q.numerator, q.sum));
  }
  /// t + x (1 - t^2) sigmoid(x), where 1 - t^2 = rest (numerator + sum) / sum^2
  FOVEA_SIMD_INLINE Vec slope(const Mish&, Vec x) {
    const Vec e = exp(negative_magnitude(x));
    const Quotient q = quotient(x, e);
    const Vec inverse = div(broadcast(1), q.sum);
    const Vec sech2 = mul(mul(q.rest, inverse), mul(add(q.numerator, q.sum), inverse));
    const Vec logistic = div(select_greater(x, zero(), broadcast(1), e), add(broadcast(1), e));
    return fma(mul(x, sech2), logistic, mul(q.numerator, inverse));
  }
};

struct HardSigmoid {
  FOVEA_SIMD_INLINE Vec value(const HardSigmoid&, Vec x) {
    const Vec line = fma(x, broadcast(1.f / 6), broadcast(0.5f));
    return select_greater(line, broadcast(1), broadcast(1), relu(line));
  }
  FOVEA_SIMD_INLINE Vec slope(const HardSigmoid&, Vec x) { return select_greater(broadcast(3), magnitude(x), broadcast(1.f / 6), zero()); }
};

struct HardSwish {
  FOVEA_SIMD_INLINE Vec value(const HardSwish&, Vec x) { return mul(x, HardSigmoid::value({}, x)); }
  FOVEA_SIMD_INLINE Vec slope(const HardSwish&, Vec x) {
    const Vec outside = select_greater(x, zero(), broadcast(1), zero());
    return select_greater(broadcast(3), magnitude(x), fma(x, broadcast(1.f / 3), broadcast(0.5f)), outside);
  }
};

struct Gelu {
  FOVEA_SIMD_INLINE Vec value(const Gelu&, Vec x) { return mul(x, normal(x).distribution); }
  FOVEA_SIMD_INLINE Vec slope(const Gelu&, Vec x) {
    const Normal n = normal(x);
    return fma(x, n.density, n.distribution);
  }
};

struct GeluTanh {
  static constexpr float kScale = 1.59576912f, kCube = 0.044715f;  // 2 sqrt(2 / pi): (1 + tanh(u)) / 2 = sigmoid(2 u)
  FOVEA_SIMD_INLINE Vec argument(Vec x) { return mul(mul(broadcast(kScale), x), fma(mul(x, x), broadcast(kCube), broadcast(1))); }
  FOVEA_SIMD_INLINE Vec value(const GeluTanh&, Vec x) { return mul(x, sigmoid(argument(x))); }
  FOVEA_SIMD_INLINE Vec slope(const GeluTanh&, Vec x) {
    const Vec z = argument(x), inner = mul(broadcast(kScale), fma(mul(x, x), broadcast(3 * kCube), broadcast(1)));
    return fma(mul(x, inner), sigmoid_slope(z), sigmoid(z));
  }
};

/// Calls body with the functor of f.
template <class Body>
void with_functor(const ActivationFunction& f, Body body) {
  const auto alpha = static_cast<float>(f.alpha), scale = static_cast<float>(f.scale);
  switch (f.kind) {
    case ActivationKind::sigmoid:
      return body(Sigmoid{});
    case ActivationKind::tanh:
      return body(Tanh{});
    case ActivationKind::leaky_relu:
      return body(LeakyRelu{alpha});
    case ActivationKind::relu6:
      return body(Relu6{});
    case ActivationKind::elu:
      return body(Elu{alpha, scale});
    case ActivationKind::softplus:
      return body(Softplus{alpha, static_cast<float>(1 / f.alpha)});
    case ActivationKind::silu:
      return body(Silu{});
    case ActivationKind::mish:
      return body(Mish{});
    case ActivationKind::hard_sigmoid:
      return body(HardSigmoid{});
    case ActivationKind::hard_swish:
      return body(HardSwish{});
    case ActivationKind::gelu:
      return body(Gelu{});
    case ActivationKind::gelu_tanh:
      return body(GeluTanh{});
  }
}

}  // namespace

template <class T>
void activation_forward(Context& context, const ActivationFunction& f, std::int64_t count, const T* x, T* y) {
  with_functor(f, [&]<class Functor>(Functor functor) {
    parallel_for(context.threads(), count, kTaskElements, [&](std::int64_t begin, std::int64_t end) {
      for_vectors(begin, end, [&](std::int64_t i, auto lanes) { lanes.store(y + i, Functor::value(functor, lanes.load(x + i))); });
    });
  });
}

template <class T>
void activation_backward(Context& context, const ActivationFunction& f, std::int64_t count, const T* x, const T* dy, T* dx) {
  with_functor(f, [&]<class Functor>(Functor functor) {
    parallel_for(context.threads(), count, kTaskElements, [&](std::int64_t begin, std::int64_t end) {
      for_vectors(begin, end, [&](std::int64_t i, auto lanes) {
        lanes.store(dx + i, mul(Functor::slope(functor, lanes.load(x + i)), lanes.load(dy + i)));
      });
    });
  });
}

#define FOVEA_INSTANTIATE(T)                                                                         \
  template void activation_forward(Context&, const ActivationFunction&, std::int64_t, const T*, T*); \
  template void activation_backward(Context&, const ActivationFunction&, std::int64_t, const T*, const T*, T*)
FOVEA_INSTANTIATE(float);
FOVEA_INSTANTIATE(bf16);
#undef FOVEA_INSTANTIATE

}  // namespace fovea::kernels::FOVEA_ISA_NAMESPACE
