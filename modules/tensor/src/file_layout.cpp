#include "fovea/tensor/file_layout.hpp"

#include <fmt/format.h>

#include <cstring>

#include "fovea/base/error.hpp"

namespace fovea {

namespace {

/// Both conversions exchange the last two axes of a [outer, a, b] array: pixels and channels.
Tensor exchange_axes(const Tensor& tensor, std::int64_t outer, std::int64_t a, std::int64_t b, const Shape& shape) {
  Tensor result = Tensor::empty(shape, tensor.dtype());
  const std::size_t size = size_of(tensor.dtype());
  const auto* from = static_cast<const std::byte*>(tensor.raw_data());
  auto* to = static_cast<std::byte*>(result.raw_data());
  for (std::int64_t o = 0; o < outer; ++o)
    for (std::int64_t i = 0; i < a; ++i)
      for (std::int64_t j = 0; j < b; ++j)
        std::memcpy(to + static_cast<std::size_t>((o * b + j) * a + i) * size, from + static_cast<std::size_t>((o * a + i) * b + j) * size,
                    size);
  return result;
}

/// Of a convolution's filter, transposed or not: the first axis stays, the last one goes before the pixels.
bool is_filter(const FileLayout& layout) {
  return layout.kind == FileLayout::Kind::conv_filter || layout.kind == FileLayout::Kind::conv_transpose_filter;
}

void check(const Shape& shape, const FileLayout& layout) {
  if (is_filter(layout) && shape.rank() != 4) throw ShapeError(fmt::format("a convolution filter has 4 axes, found {}", shape.to_string()));
  if (layout.kind == FileLayout::Kind::linear_after_flatten &&
      (shape.rank() != 2 || shape[1] != layout.height * layout.width * layout.channels))
    throw ShapeError(fmt::format("a linear layer after flattening {}x{}x{} has as many columns, found {}", layout.height, layout.width,
                                 layout.channels, shape.to_string()));
}

}  // namespace

Shape file_shape(const Shape& memory, const FileLayout& layout) {
  check(memory, layout);
  if (is_filter(layout)) return {memory[0], memory[3], memory[1], memory[2]};
  return memory;
}

Tensor to_file(const Tensor& tensor, const FileLayout& layout) {
  const Shape& shape = tensor.shape();
  check(shape, layout);
  switch (layout.kind) {
    case FileLayout::Kind::plain:
      break;
    case FileLayout::Kind::conv_filter:
    case FileLayout::Kind::conv_transpose_filter:
      return exchange_axes(tensor, shape[0], shape[1] * shape[2], shape[3], file_shape(shape, layout));
    case FileLayout::Kind::linear_after_flatten:
      return exchange_axes(tensor, shape[0], layout.height * layout.width, layout.channels, shape);
  }
  return tensor.clone();
}

Tensor from_file(const Tensor& tensor, const FileLayout& layout) {
  const Shape& shape = tensor.shape();
  check(shape, layout);
  switch (layout.kind) {
    case FileLayout::Kind::plain:
      break;
    case FileLayout::Kind::conv_filter:
    case FileLayout::Kind::conv_transpose_filter:
      return exchange_axes(tensor, shape[0], shape[1], shape[2] * shape[3], {shape[0], shape[2], shape[3], shape[1]});
    case FileLayout::Kind::linear_after_flatten:
      return exchange_axes(tensor, shape[0], layout.channels, layout.height * layout.width, shape);
  }
  return tensor.clone();
}

}  // namespace fovea
