// Pooling over listed windows, vectorised over channels. The backward passes gather: every input pixel adds up the windows that hold it,
// in scan order, so that pixels are independent of each other and each is written once.
#include "cpu/isa_kernels.hpp"
#include "cpu/vector_loops.hpp"

namespace fovea::kernels::FOVEA_ISA_NAMESPACE {

namespace {

/// Calls body(image, output pixel of all images, rows, columns) for the window of every output pixel, in parallel over output rows.
template <class Body>
void for_listed_windows(Context& context, const WindowPool2dShape& s, Body body) {
  const std::int64_t row_cells = s.p > 0 ? s.h * s.w / s.p : 0;  // of one row of windows that share no cells
  parallel_for(context.threads(), s.n * s.p, rows_per_task(row_cells * s.c), [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t row = begin; row < end; ++row)
      for (std::int64_t j = 0; j < s.q; ++j) body(row / s.p, row * s.q + j, s.rows[row % s.p], s.columns[j]);
  });
}

/// Calls body(position, pixel of all images, first output pixel of the image, window rows, window columns) for every input pixel.
template <class Body>
void for_held_pixels(Context& context, const WindowPool2dShape& s, Body body) {
  parallel_for(context.threads(), s.n * s.h, rows_per_task(s.w * s.c), [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t row = begin; row < end; ++row)
      for (std::int64_t column = 0; column < s.w; ++column)
        body(row % s.h * s.w + column, row * s.w + column, row / s.h * s.p * s.q, s.row_windows[row % s.h], s.column_windows[column]);
  });
}

constexpr std::int64_t length(AxisRange range) { return range.end - range.begin; }

}  // namespace

template <class T>
void window_max_pool2d_forward(Context& context, const WindowPool2dShape& s, const T* x, T* y, std::int32_t* argmax) {
  for_listed_windows(context, s, [&](std::int64_t n, std::int64_t output, AxisRange rows, AxisRange columns) {
    const T* image = x + n * s.h * s.w * s.c;
    for_vectors(0, s.c, [&](std::int64_t c, auto lanes) {
      const std::int64_t first = rows.begin * s.w + columns.begin;
      Vec best = lanes.load(image + first * s.c + c);
      Ints place = Ints{} + static_cast<std::int32_t>(first);
      for (std::int64_t row = rows.begin; row < rows.end; ++row)
        for (std::int64_t position = row * s.w + columns.begin; position < row * s.w + columns.end; ++position)
          take_greater(lanes.load(image + position * s.c + c), Ints{} + static_cast<std::int32_t>(position), best, place);
      lanes.store(y + output * s.c + c, best);
      if (argmax != nullptr) lanes.store(argmax + output * s.c + c, place);
    });
  });
}

template <class T>
void window_max_pool2d_backward(Context& context, const WindowPool2dShape& s, const T* dy, const std::int32_t* argmax, T* dx) {
  for_held_pixels(context, s, [&](std::int64_t position, std::int64_t pixel, std::int64_t outputs, AxisRange rows, AxisRange columns) {
    const Ints here = Ints{} + static_cast<std::int32_t>(position);
    for_vectors(0, s.c, [&](std::int64_t c, auto lanes) {
      Vec sum = zero();
      for (std::int64_t i = rows.begin; i < rows.end; ++i)
        for (std::int64_t j = columns.begin; j < columns.end; ++j) {
          const std::int64_t element = (outputs + i * s.q + j) * s.c + c;
          sum = add(sum, keep_equal(lanes.load(argmax + element), here, lanes.load(dy + element)));
        }
      lanes.store(dx + pixel * s.c + c, sum);
    });
  });
}

template <class T>
void window_average_pool2d_forward(Context& context, const WindowPool2dShape& s, const T* x, T* y) {
  for_listed_windows(context, s, [&](std::int64_t n, std::int64_t output, AxisRange rows, AxisRange columns) {
    const T* image = x + n * s.h * s.w * s.c;
    const Vec count = broadcast(static_cast<float>(length(rows) * length(columns)));
    for_vectors(0, s.c, [&](std::int64_t c, auto lanes) {
      Vec sum = zero();
      for (std::int64_t row = rows.begin; row < rows.end; ++row) {  // row by row: whole images stay accurate in f32
        Vec of_row = zero();
        for (std::int64_t position = row * s.w + columns.begin; position < row * s.w + columns.end; ++position)
          of_row = add(of_row, lanes.load(image + position * s.c + c));
        sum = add(sum, of_row);
      }
      lanes.store(y + output * s.c + c, div(sum, count));
    });
  });
}

template <class T>
void window_average_pool2d_backward(Context& context, const WindowPool2dShape& s, const T* dy, T* dx) {
  for_held_pixels(context, s, [&](std::int64_t, std::int64_t pixel, std::int64_t outputs, AxisRange rows, AxisRange columns) {
    for_vectors(0, s.c, [&](std::int64_t c, auto lanes) {
      Vec sum = zero();
      for (std::int64_t i = rows.begin; i < rows.end; ++i)
        for (std::int64_t j = columns.begin; j < columns.end; ++j) {
          const Vec count = broadcast(static_cast<float>(length(s.rows[i]) * length(s.columns[j])));
          sum = add(sum, div(lanes.load(dy + (outputs + i * s.q + j) * s.c + c), count));
        }
      lanes.store(dx + pixel * s.c + c, sum);
    });
  });
}

#define FOVEA_INSTANTIATE(T)                                                                                       \
  template void window_max_pool2d_forward(Context&, const WindowPool2dShape&, const T*, T*, std::int32_t*);        \
  template void window_max_pool2d_backward(Context&, const WindowPool2dShape&, const T*, const std::int32_t*, T*); \
  template void window_average_pool2d_forward(Context&, const WindowPool2dShape&, const T*, T*);                   \
  template void window_average_pool2d_backward(Context&, const WindowPool2dShape&, const T*, T*)
FOVEA_INSTANTIATE(float);
FOVEA_INSTANTIATE(bf16);
#undef FOVEA_INSTANTIATE

}  // namespace fovea::kernels::FOVEA_ISA_NAMESPACE
