// Resampling, vectorised over channels: every output pixel gathers.
#include "cpu/isa_kernels.hpp"
#include "cpu/vector_loops.hpp"

namespace fovea::kernels::FOVEA_ISA_NAMESPACE {

namespace {

/// Calls body(weight, index) for what a place takes. A known number of terms gives straight code.
template <int kTerms, class Body>
FOVEA_SIMD_INLINE void for_terms(const ResampleAxis<float>& axis, Range terms, Body body) {
  const std::int64_t count = kTerms > 0 ? kTerms : terms.end - terms.begin;
#pragma GCC unroll 4
  for (std::int64_t k = terms.begin; k < terms.begin + count; ++k) body(broadcast(axis.weights[k]), axis.indices[k]);
}

template <int kTerms, class T>
FOVEA_SIMD_INLINE void resample_pixel(const Resample2dShape& s, const ResampleAxis<float>& rows, const ResampleAxis<float>& columns,
                                      Range row_terms, Range column_terms, const T* image, T* y) {
  for_vectors(0, s.c, [&](std::int64_t c, auto lanes) {
    Vec sum = zero();
    for_terms<kTerms>(rows, row_terms, [&](Vec row_weight, std::int64_t row) {
      Vec of_row = zero();
      for_terms<kTerms>(columns, column_terms, [&](Vec weight, std::int64_t column) {
        of_row = fma(weight, lanes.load(image + (row * s.w + column) * s.x_pitch + c), of_row);
      });
      sum = fma(row_weight, of_row, sum);
    });
    lanes.store(y + c, sum);
  });
}

}  // namespace

template <class T>
void resample2d(Context& context, const Resample2dShape& s, const ResampleAxis<float>& rows, const ResampleAxis<float>& columns, const T* x,
                T* y) {
  const std::int64_t terms = s.p > 0 && s.q > 0 ? ceil_div(rows.begins[s.p], s.p) * columns.begins[s.q] : 0;  // of a row, on average
  parallel_for(context.threads(), s.n * s.p, rows_per_task(maximum(terms, s.q) * s.c), [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t row = begin; row < end; ++row) {
      const std::int64_t i = row % s.p;
      const Range row_terms{rows.begins[i], rows.begins[i + 1]};
      const T* image = x + row / s.p * s.h * s.w * s.x_pitch;
      for (std::int64_t j = 0; j < s.q; ++j) {
        const Range column_terms{columns.begins[j], columns.begins[j + 1]};
        T* pixel = y + (row * s.q + j) * s.y_pitch;
        const std::int64_t height = row_terms.end - row_terms.begin, width = column_terms.end - column_terms.begin;
        if (height == 2 && width == 2)
          resample_pixel<2>(s, rows, columns, row_terms, column_terms, image, pixel);
        else if (height == 4 && width == 4)
          resample_pixel<4>(s, rows, columns, row_terms, column_terms, image, pixel);
        else if (height == 1 && width == 1)
          resample_pixel<1>(s, rows, columns, row_terms, column_terms, image, pixel);
        else
          resample_pixel<0>(s, rows, columns, row_terms, column_terms, image, pixel);
      }
    }
  });
}

template void resample2d(Context&, const Resample2dShape&, const ResampleAxis<float>&, const ResampleAxis<float>&, const float*, float*);
template void resample2d(Context&, const Resample2dShape&, const ResampleAxis<float>&, const ResampleAxis<float>&, const bf16*, bf16*);

}  // namespace fovea::kernels::FOVEA_ISA_NAMESPACE
