// Copies of tensors along other axes: permutations, and repetitions by steps of zero.
#pragma once

#include <cstdint>
#include <span>

#include "fovea/tensor/tensor.hpp"

namespace fovea {

/// A dense tensor of `shape` whose element [i0, i1, ...] is x's element number i0 * steps[0] + i1 * steps[1] + ..., of any type. In
/// parallel.
Tensor strided_copy(const Tensor& x, const Shape& shape, std::span<const std::int64_t> steps);

/// The elements from one entry of each axis to the next, for the dense tensor of a shape.
std::vector<std::int64_t> dense_steps(const Shape& shape);

/// `rows` runs of `bytes` bytes, from_pitch bytes apart, written to_pitch bytes apart. In parallel.
void copy_rows(std::int64_t rows, std::size_t bytes, const std::byte* from, std::size_t from_pitch, std::byte* to, std::size_t to_pitch);

/// Axis `axis` of `rank`, where negative ones count from the end. Throws ShapeError "[op] ..." when there is none.
int checked_axis(const char* op, int axis, int rank);

}  // namespace fovea
