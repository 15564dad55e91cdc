// Functions of vectors beyond exp: written with the compiler's vector operators and fma, without tables and branches. NaN stays NaN. The
// stated bounds are those of sets with a fused multiply-add; `portable` rounds twice and may be off by one more ulp.
#pragma once

#include "cpu/vector_loops.hpp"

namespace fovea::kernels::FOVEA_ISA_NAMESPACE {

FOVEA_SIMD_INLINE Vec magnitude(Vec x) { return reinterpret_cast<Vec>(reinterpret_cast<Words>(x) & 0x7FFFFFFFu); }
FOVEA_SIMD_INLINE Vec negative_magnitude(Vec x) { return reinterpret_cast<Vec>(reinterpret_cast<Words>(x) | 0x80000000u); }
/// `size` >= 0 with the sign of x.
FOVEA_SIMD_INLINE Vec with_sign_of(Vec x, Vec size) {
  return reinterpret_cast<Vec>(reinterpret_cast<Words>(size) | (reinterpret_cast<Words>(x) & 0x80000000u));
}

/// exp(x) - 1 for x <= 0 within 3 ulp, also near 0. x = n ln 2 + r as in exp; e^r - 1 = r + r^2 (1/2 + r/6 + ...), whose rest is below
/// 2^-27 of r; then 2^n (e^r - 1) + (2^n - 1) cancels nothing, because 2^n is 1 or at most 1/2.
FOVEA_SIMD_INLINE Vec expm1(Vec x) {
  constexpr float kRoundToInteger = 0x1.8p23f, kLn2High = 0x1.62e4p-1f, kLn2Low = 0x1.7f7d1cp-20f;
  constexpr float kInverseFactorials[] = {1.f / 5040, 1.f / 720, 1.f / 120, 1.f / 24, 1.f / 6, 1.f / 2};
  const Vec bounded = max(broadcast(-20), x);  // where the result is -1 to the last bit
  const Vec shifted = fma(bounded, broadcast(1.44269504f), broadcast(kRoundToInteger));
  const Vec n = sub(shifted, broadcast(kRoundToInteger));
  const Vec r = fma(n, broadcast(-kLn2Low), fma(n, broadcast(-kLn2High), bounded));
  Vec series = broadcast(kInverseFactorials[0]);
  for (int i = 1; i < 6; ++i) series = fma(series, r, broadcast(kInverseFactorials[i]));
  const Vec small = fma(mul(r, r), series, r);
  const Vec power_of_two = reinterpret_cast<Vec>((reinterpret_cast<Words>(shifted) << 23) + 0x3F800000u);
  return fma(power_of_two, small, sub(power_of_two, broadcast(1)));
}

/// log(1 + x) for 0 <= x <= 1 within 4 ulp: 2 artanh(s), s = x / (2 + x) <= 1/3, by the series of artanh up to s^15 / 15.
FOVEA_SIMD_INLINE Vec log1p(Vec x) {
  const Vec s = div(x, add(x, broadcast(2))), square = mul(s, s);
  Vec series = broadcast(1.f / 15);
  for (int odd = 13; odd > 0; odd -= 2) series = fma(series, square, broadcast(1.f / static_cast<float>(odd)));
  return mul(add(s, s), series);
}

/// 1 / (1 + exp(-x)) within 4 ulp; 0 below -87. Takes the exponential of -|x|, which cannot overflow.
FOVEA_SIMD_INLINE Vec sigmoid(Vec x) {
  const Vec e = exp(negative_magnitude(x));
  return div(select_greater(x, zero(), broadcast(1), e), add(broadcast(1), e));
}

/// sigmoid(x) (1 - sigmoid(x)), without the cancellation.
FOVEA_SIMD_INLINE Vec sigmoid_slope(Vec x) {
  const Vec e = exp(negative_magnitude(x)), sum = add(broadcast(1), e);
  return div(e, mul(sum, sum));
}

/// Within 6 ulp, also near 0: -m / (2 + m) with m = exp(-2|x|) - 1.
FOVEA_SIMD_INLINE Vec tanh(Vec x) {
  const Vec opposite = negative_magnitude(x), m = expm1(add(opposite, opposite));
  return with_sign_of(x, magnitude(div(m, add(m, broadcast(2)))));
}

/// The normal distribution and its density.
struct Normal {
  Vec distribution;  ///< P(X <= x), within 2e-7, and within 2e-6 of itself for |x| <= 5
  Vec density;       ///< exp(-x^2 / 2) / sqrt(2 pi)
};

/// With a = |x|: P(X > a) = exp(-a^2 / 2) g(a), where g, the scaled complementary error function, is a polynomial of 1 / (1 + 0.35 a).
/// Its coefficients minimise the largest relative error on [0, 14] (iteratively reweighted least squares), which is 3.2e-8.
FOVEA_SIMD_INLINE Normal normal(Vec x) {
  constexpr float kTail[] = {-2.914668433e-2f, 1.439752579e-1f, -2.557213306e-1f, 1.591818482e-1f, -2.311481722e-2f,
                             1.055099592e-1f,  1.198324189e-1f, 1.398619264e-1f,  1.396214068e-1f, 0};
  const Vec e = exp(mul(mul(x, x), broadcast(-0.5f)));
  const Vec t = div(broadcast(1), fma(magnitude(x), broadcast(0.35f), broadcast(1)));
  Vec tail = broadcast(kTail[0]);
  for (int i = 1; i < 10; ++i) tail = fma(tail, t, broadcast(kTail[i]));
  tail = mul(tail, e);
  return {select_greater(x, zero(), sub(broadcast(1), tail), tail), mul(e, broadcast(0.398942280f))};
}

}  // namespace fovea::kernels::FOVEA_ISA_NAMESPACE
