// Resampling, one element at a time.
#pragma once

#include <cstdint>

#include "fovea/kernels/resample2d.hpp"

namespace fovea::kernels::reference {

template <class T>
void resample2d(Context&, const Resample2dShape& s, const ResampleAxis<WeightOf<T>>& rows, const ResampleAxis<WeightOf<T>>& columns,
                const T* x, T* y) {
  for (std::int64_t n = 0; n < s.n; ++n)
    for (std::int64_t i = 0; i < s.p; ++i)
      for (std::int64_t j = 0; j < s.q; ++j)
        for (std::int64_t c = 0; c < s.c; ++c) {
          double sum = 0;
          for (std::int64_t a = rows.begins[i]; a < rows.begins[i + 1]; ++a)
            for (std::int64_t b = columns.begins[j]; b < columns.begins[j + 1]; ++b) {
              const double value = x[((n * s.h + rows.indices[a]) * s.w + columns.indices[b]) * s.x_pitch + c];
              sum += static_cast<double>(rows.weights[a]) * static_cast<double>(columns.weights[b]) * value;
            }
          y[((n * s.p + i) * s.q + j) * s.y_pitch + c] = static_cast<T>(sum);
        }
}

}  // namespace fovea::kernels::reference
