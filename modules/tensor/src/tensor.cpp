#include "fovea/tensor/tensor.hpp"

#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <cstring>

#include "fovea/base/error.hpp"
#include "fovea/tensor/dispatch.hpp"

namespace fovea {

namespace {

/// Half a tebibyte: what asks for more is a mistake or a damaged file, and is refused before the system is asked.
constexpr std::int64_t kLargestBytes = std::int64_t{1} << 39;

}  // namespace

Tensor Tensor::empty(Shape shape, DType dtype, Device device) {
  if (shape.numel() > kLargestBytes / static_cast<std::int64_t>(size_of(dtype)))
    throw ShapeError(fmt::format("a tensor of {} {} would take more than {} GiB", name_of(dtype), shape.to_string(), kLargestBytes >> 30));
  Tensor tensor;
  tensor.spec_ = {shape, dtype};
  tensor.storage_ = std::make_shared<Storage>(static_cast<std::size_t>(shape.numel()) * size_of(dtype), device);
  return tensor;
}

Tensor Tensor::zeros(Shape shape, DType dtype, Device device) {
  Tensor tensor = empty(shape, dtype, device);
  std::memset(tensor.raw_data(), 0, tensor.bytes());
  return tensor;
}

Tensor Tensor::full(Shape shape, double value, DType dtype, Device device) {
  Tensor tensor = empty(shape, dtype, device);
  dispatch_any(dtype, [&]<class T>() { std::fill_n(tensor.mutable_data<T>(), tensor.numel(), static_cast<T>(value)); });
  return tensor;
}

template <class T>
Tensor Tensor::from(std::span<const T> values, Shape shape) {
  if (static_cast<std::int64_t>(values.size()) != shape.numel())
    throw ShapeError(fmt::format("a tensor of shape {} has {} elements, found {} values", shape.to_string(), shape.numel(), values.size()));
  Tensor tensor = empty(shape, dtype_of<T>);
  std::copy(values.begin(), values.end(), tensor.mutable_data<T>());
  return tensor;
}
template Tensor Tensor::from(std::span<const float>, Shape);
template Tensor Tensor::from(std::span<const double>, Shape);
template Tensor Tensor::from(std::span<const bf16>, Shape);
template Tensor Tensor::from(std::span<const std::uint8_t>, Shape);
template Tensor Tensor::from(std::span<const std::int32_t>, Shape);
template Tensor Tensor::from(std::span<const std::int64_t>, Shape);

void* Tensor::raw_data() const { return static_cast<std::byte*>(storage_->data()) + static_cast<std::size_t>(offset_) * size_of(dtype()); }

void* Tensor::checked_data(DType wanted) const {
  if (!defined()) throw ShapeError("an undefined tensor has no data");
  if (dtype() != wanted) throw ShapeError(fmt::format("the tensor holds {}, asked for {}", name_of(dtype()), name_of(wanted)));
  return raw_data();
}

double Tensor::item() const {
  if (!defined() || numel() != 1)
    throw ShapeError(fmt::format("item() wants a tensor of one element, found shape {}", defined() ? shape().to_string() : "undefined"));
  return dispatch_any(dtype(), [&]<class T>() { return static_cast<double>(*data<T>()); });
}

Tensor Tensor::reshape(std::span<const std::int64_t> extents) const {
  std::array<std::int64_t, Shape::kMaxRank> resolved{};
  if (extents.size() > resolved.size()) throw ShapeError(fmt::format("[reshape] a shape has at most {} extents", Shape::kMaxRank));
  int unknown = -1;
  for (std::size_t i = 0; i < extents.size(); ++i) {
    resolved[i] = extents[i];
    if (extents[i] != -1) continue;
    if (unknown >= 0) throw ShapeError(fmt::format("[reshape] to [{}]: at most one extent may be -1", fmt::join(extents, ",")));
    unknown = static_cast<int>(i);
    resolved[i] = 1;
  }
  const std::int64_t known = Shape(std::span(resolved).first(extents.size())).numel();
  if (unknown >= 0 && known > 0) resolved[static_cast<std::size_t>(unknown)] = numel() / known;
  const bool ambiguous = unknown >= 0 && known == 0;
  Tensor view = *this;
  if (!ambiguous) view.spec_.shape = Shape(std::span(resolved).first(extents.size()));
  if (ambiguous || view.numel() != numel())
    throw ShapeError(fmt::format("[reshape] of {} ({} elements) to [{}]", shape().to_string(), numel(), fmt::join(extents, ",")));
  return view;
}

Tensor Tensor::slice(std::int64_t begin, std::int64_t end) const {
  if (rank() == 0 || begin < 0 || end < begin || end > extent(0))
    throw ShapeError(fmt::format("[slice] [{}, {}) of a tensor of shape {}", begin, end, shape().to_string()));
  std::array<std::int64_t, Shape::kMaxRank> extents{};
  std::copy(shape().begin(), shape().end(), extents.begin());
  const std::int64_t row = extents[0] == 0 ? 0 : numel() / extents[0];
  extents[0] = end - begin;
  Tensor view = *this;
  view.spec_.shape = Shape(std::span(extents).first(static_cast<std::size_t>(rank())));
  view.offset_ += begin * row;
  return view;
}

Tensor Tensor::clone() const {
  Tensor copy = empty(shape(), dtype(), device());
  std::memcpy(copy.raw_data(), raw_data(), bytes());
  return copy;
}

Tensor Tensor::to(DType wanted) const {
  if (wanted == dtype()) return *this;
  Tensor converted = empty(shape(), wanted, device());
  dispatch_any(dtype(), [&]<class From>() {
    dispatch_any(wanted, [&]<class To>() {
      std::transform(data<From>(), data<From>() + numel(), converted.mutable_data<To>(), [](From value) { return static_cast<To>(value); });
    });
  });
  return converted;
}

Tensor& Tensor::fill_(double value) {
  dispatch_any(dtype(), [&]<class T>() { std::fill_n(mutable_data<T>(), numel(), static_cast<T>(value)); });
  storage_->bump_version("fill_");
  return *this;
}

Tensor& Tensor::copy_(const Tensor& source) {
  if (source.spec() != spec())
    throw ShapeError(fmt::format("[copy_] wants {} {}, found {} {}", name_of(dtype()), shape().to_string(), name_of(source.dtype()),
                                 source.shape().to_string()));
  std::memmove(raw_data(), source.raw_data(), bytes());
  storage_->bump_version("copy_");
  return *this;
}

Tensor WeakTensor::lock() const {
  Tensor tensor;
  tensor.storage_ = storage_.lock();
  if (!tensor.defined()) return {};
  tensor.spec_ = spec_;
  tensor.offset_ = offset_;
  return tensor;
}

}  // namespace fovea
