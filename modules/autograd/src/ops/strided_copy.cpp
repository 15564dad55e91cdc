#include "ops/strided_copy.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>

#include "fovea/base/error.hpp"
#include "fovea/kernels/context.hpp"

namespace fovea {

namespace {

constexpr std::int64_t kElementsPerTask = 32768;

struct Axis {
  std::int64_t extent, step;
};

/// The axes without those of one entry, neighbours merged where one step leads from the end of the inner to the next of the outer.
/// At least two.
std::vector<Axis> merged_axes(const Shape& shape, std::span<const std::int64_t> steps) {
  std::vector<Axis> axes{{1, 0}, {1, 0}};
  for (int i = 0; i < shape.rank(); ++i) {
    const Axis axis{shape[i], steps[static_cast<std::size_t>(i)]};
    if (axis.extent == 1) continue;
    if (axes.back().step == axis.step * axis.extent)
      axes.back() = {axes.back().extent * axis.extent, axis.step};
    else
      axes.push_back(axis);
  }
  return axes;
}

/// to[r * columns.extent + c] = from[r * rows.step + c * columns.step] for rows [begin, end).
template <class Word>
void copy_plane(Axis rows, Axis columns, std::int64_t begin, std::int64_t end, const Word* from, Word* to) {
  constexpr std::int64_t kTile = 16;  // so that the cache lines of a transpose are used while they are there
  const bool tiled = columns.step > 1 && columns.extent > kTile && end - begin > kTile;
  const std::int64_t width = tiled ? kTile : std::max<std::int64_t>(columns.extent, 1), height = tiled ? kTile : end - begin;
  for (std::int64_t top = begin; top < end; top += height)
    for (std::int64_t left = 0; left < columns.extent; left += width)
      for (std::int64_t r = top; r < std::min(end, top + height); ++r) {
        const Word* source = from + r * rows.step;
        Word* target = to + r * columns.extent;
        if (columns.step == 1) {
          std::memcpy(target, source, static_cast<std::size_t>(columns.extent) * sizeof(Word));
          continue;
        }
        for (std::int64_t c = left; c < std::min(columns.extent, left + width); ++c) target[c] = source[c * columns.step];
      }
}

template <class Word>
void copy_words(const std::vector<Axis>& axes, const void* from, void* to) {
  const Axis rows = axes[axes.size() - 2], columns = axes.back();
  const std::span<const Axis> outer(axes.data(), axes.size() - 2);
  std::int64_t planes = 1;
  for (const Axis& axis : outer) planes *= axis.extent;
  const std::int64_t plane_size = rows.extent * columns.extent;
  if (planes == 0 || plane_size == 0) return;
  // Large planes are cut into bands of rows, small ones share a task.
  const std::int64_t band = std::clamp<std::int64_t>(kElementsPerTask / columns.extent, 1, rows.extent);
  const std::int64_t bands = (rows.extent + band - 1) / band, bands_per_task = std::max<std::int64_t>(1, kElementsPerTask / plane_size);
  parallel_for(kernels::Context::current().threads(), planes * bands, bands_per_task, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t task = begin; task < end; ++task) {
      std::int64_t plane = task / bands, offset = 0;
      const std::int64_t first = task % bands * band;
      Word* target = static_cast<Word*>(to) + plane * plane_size;
      for (auto axis = outer.rbegin(); axis != outer.rend(); ++axis) {
        offset += plane % axis->extent * axis->step;
        plane /= axis->extent;
      }
      copy_plane(rows, columns, first, std::min(rows.extent, first + band), static_cast<const Word*>(from) + offset, target);
    }
  });
}

}  // namespace

Tensor strided_copy(const Tensor& x, const Shape& shape, std::span<const std::int64_t> steps) {
  Tensor y = Tensor::empty(shape, x.dtype(), x.device());
  if (y.numel() == 0) return y;
  const std::vector<Axis> axes = merged_axes(shape, steps);
  switch (size_of(x.dtype())) {
    case 1:
      copy_words<std::uint8_t>(axes, x.raw_data(), y.raw_data());
      break;
    case 2:
      copy_words<std::uint16_t>(axes, x.raw_data(), y.raw_data());
      break;
    case 4:
      copy_words<std::uint32_t>(axes, x.raw_data(), y.raw_data());
      break;
    default:
      copy_words<std::uint64_t>(axes, x.raw_data(), y.raw_data());
  }
  return y;
}

std::vector<std::int64_t> dense_steps(const Shape& shape) {
  std::vector<std::int64_t> steps(static_cast<std::size_t>(shape.rank()));
  std::int64_t step = 1;
  for (int axis = shape.rank(); axis-- > 0; step *= shape[axis]) steps[static_cast<std::size_t>(axis)] = step;
  return steps;
}

void copy_rows(std::int64_t rows, std::size_t bytes, const std::byte* from, std::size_t from_pitch, std::byte* to, std::size_t to_pitch) {
  constexpr std::int64_t kRowsPerBlock = 512;
  constexpr std::size_t kBytesPerBlock = std::size_t{1} << 17;  // long rows make blocks of their own
  if (bytes == 0) return;
  const std::int64_t block = std::clamp<std::int64_t>(static_cast<std::int64_t>(kBytesPerBlock / bytes), 1, kRowsPerBlock);
  parallel_for(kernels::Context::current().threads(), rows, block, [&](std::int64_t begin, std::int64_t end) {
    for (auto row = static_cast<std::size_t>(begin); row < static_cast<std::size_t>(end); ++row)
      std::memcpy(to + row * to_pitch, from + row * from_pitch, bytes);
  });
}

int checked_axis(const char* op, int axis, int rank) {
  if (axis < -rank || axis >= rank) throw ShapeError(fmt::format("[{}] there is no axis {} of {}", op, axis, rank));
  return axis < 0 ? axis + rank : axis;
}

}  // namespace fovea
