// The one-dimensional transforms of Winograd's minimal filtering with tiles of 6 (Lavin and Gray 2016, section 4; Toom and Cook's
// interpolation at five points and infinity).
#pragma once

#include "simd.hpp"

namespace fovea::kernels::FOVEA_ISA_NAMESPACE {

/// Points 0, +-3/4, +-3/2. All powers that the transforms of images and results need are exact in f32. Beside the usual points 0, +-1, +-2,
/// whose powers grow to 16, the mean error is about half and the largest a third to an eighth (docs/engine.md has measured errors).
struct WinogradPoints {
  static constexpr float kA = 0.75f, kB = 1.5f;
  static constexpr float kA2 = kA * kA, kB2 = kB * kB, kA3 = kA2 * kA, kB3 = kB2 * kB;
  static constexpr float kProduct = kA2 * kB2, kSum = kA2 + kB2;
  /// The denominators of Lagrange's polynomials at +-a and +-b.
  static constexpr float kAtA = 2 * kA2 * (kA2 - kB2), kAtB = 2 * kB2 * (kB2 - kA2);
};

/// Six neighbours of an image: d = B^T d.
FOVEA_SIMD_INLINE void transform_image(Vec (&d)[6]) {
  using P = WinogradPoints;
  const Vec even_a = fma(broadcast(-P::kB2), d[2], d[4]), odd_a = fma(broadcast(-P::kB2), d[1], d[3]);
  const Vec even_b = fma(broadcast(-P::kA2), d[2], d[4]), odd_b = fma(broadcast(-P::kA2), d[1], d[3]);
  const Vec at_zero = fma(broadcast(P::kProduct), d[0], fma(broadcast(-P::kSum), d[2], d[4]));
  const Vec at_infinity = fma(broadcast(P::kProduct), d[1], fma(broadcast(-P::kSum), d[3], d[5]));
  d[0] = at_zero;
  d[1] = fma(broadcast(P::kA), odd_a, even_a);
  d[2] = fma(broadcast(-P::kA), odd_a, even_a);
  d[3] = fma(broadcast(P::kB), odd_b, even_b);
  d[4] = fma(broadcast(-P::kB), odd_b, even_b);
  d[5] = at_infinity;
}

/// Three taps of a filter: u = G g.
FOVEA_SIMD_INLINE void transform_filter(const Vec (&g)[3], Vec (&u)[6]) {
  using P = WinogradPoints;
  const Vec even_a = mul(broadcast(1 / P::kAtA), fma(broadcast(P::kA2), g[2], g[0])), odd_a = mul(broadcast(P::kA / P::kAtA), g[1]);
  const Vec even_b = mul(broadcast(1 / P::kAtB), fma(broadcast(P::kB2), g[2], g[0])), odd_b = mul(broadcast(P::kB / P::kAtB), g[1]);
  u[0] = mul(broadcast(1 / P::kProduct), g[0]);
  u[1] = add(even_a, odd_a);
  u[2] = sub(even_a, odd_a);
  u[3] = add(even_b, odd_b);
  u[4] = sub(even_b, odd_b);
  u[5] = g[2];
}

/// Four neighbours of a gradient, which take the filter's part in the filter pass: u = G g with one tap more.
FOVEA_SIMD_INLINE void transform_gradient(const Vec (&g)[4], Vec (&u)[6]) {
  using P = WinogradPoints;
  const Vec even_a = mul(broadcast(1 / P::kAtA), fma(broadcast(P::kA2), g[2], g[0]));
  const Vec odd_a = mul(broadcast(P::kA / P::kAtA), fma(broadcast(P::kA2), g[3], g[1]));
  const Vec even_b = mul(broadcast(1 / P::kAtB), fma(broadcast(P::kB2), g[2], g[0]));
  const Vec odd_b = mul(broadcast(P::kB / P::kAtB), fma(broadcast(P::kB2), g[3], g[1]));
  u[0] = mul(broadcast(1 / P::kProduct), g[0]);
  u[1] = add(even_a, odd_a);
  u[2] = sub(even_a, odd_a);
  u[3] = add(even_b, odd_b);
  u[4] = sub(even_b, odd_b);
  u[5] = g[3];
}

/// Four results of the forward and data passes: y = A^T m.
FOVEA_SIMD_INLINE void transform_result(const Vec (&m)[6], Vec (&y)[4]) {
  using P = WinogradPoints;
  const Vec even_a = add(m[1], m[2]), odd_a = sub(m[1], m[2]), even_b = add(m[3], m[4]), odd_b = sub(m[3], m[4]);
  y[0] = add(m[0], add(even_a, even_b));
  y[1] = fma(broadcast(P::kB), odd_b, mul(broadcast(P::kA), odd_a));
  y[2] = fma(broadcast(P::kB2), even_b, mul(broadcast(P::kA2), even_a));
  y[3] = fma(broadcast(P::kB3), odd_b, fma(broadcast(P::kA3), odd_a, m[5]));
}

/// Three taps of a filter's gradient: y = A^T m with one result less.
FOVEA_SIMD_INLINE void transform_result(const Vec (&m)[6], Vec (&y)[3]) {
  using P = WinogradPoints;
  const Vec even_a = add(m[1], m[2]), odd_a = sub(m[1], m[2]), even_b = add(m[3], m[4]), odd_b = sub(m[3], m[4]);
  y[0] = add(m[0], add(even_a, even_b));
  y[1] = fma(broadcast(P::kB), odd_b, mul(broadcast(P::kA), odd_a));
  y[2] = fma(broadcast(P::kB2), even_b, fma(broadcast(P::kA2), even_a, m[5]));
}

}  // namespace fovea::kernels::FOVEA_ISA_NAMESPACE
