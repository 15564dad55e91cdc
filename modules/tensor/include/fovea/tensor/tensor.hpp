// Dense row-major arrays. Image batches are [N, H, W, C]; convolution filters are [K, R, S, C].
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "fovea/base/device.hpp"
#include "fovea/base/dtype.hpp"
#include "fovea/base/shape.hpp"
#include "fovea/tensor/storage.hpp"

namespace fovea {

/// What is known of a tensor without its data.
struct TensorSpec {
  Shape shape;
  DType dtype = DType::f32;
  bool operator==(const TensorSpec&) const = default;
};

/// A value handle on shared storage: copying shares the elements, clone() copies them. Knows nothing of gradients.
/// Always dense: reshape and leading-index slices are views, everything else copies. A default-constructed tensor is undefined:
/// only defined(), assignment and destruction are allowed on it.
class Tensor {
 public:
  Tensor() = default;

  static Tensor empty(Shape shape, DType dtype = DType::f32, Device device = {});
  static Tensor zeros(Shape shape, DType dtype = DType::f32, Device device = {});
  static Tensor full(Shape shape, double value, DType dtype = DType::f32, Device device = {});
  /// Copies `values`, row-major. Throws ShapeError when their number is not the shape's.
  template <class T>
  static Tensor from(std::span<const T> values, Shape shape);
  template <class T>
  static Tensor from(const std::vector<T>& values, Shape shape) {
    return from(std::span<const T>(values), shape);
  }
  template <class T>
  static Tensor from(std::initializer_list<T> values, Shape shape) {
    return from(std::span<const T>(values.begin(), values.size()), shape);
  }

  bool defined() const { return storage_ != nullptr; }
  const Shape& shape() const { return spec_.shape; }
  DType dtype() const { return spec_.dtype; }
  const TensorSpec& spec() const { return spec_; }
  Device device() const { return storage_->device(); }
  int rank() const { return spec_.shape.rank(); }
  /// Extent of an axis; negative axes count from the end.
  std::int64_t extent(int axis) const { return spec_.shape.at(axis); }
  std::int64_t numel() const { return spec_.shape.numel(); }
  std::size_t bytes() const { return static_cast<std::size_t>(numel()) * size_of(dtype()); }

  /// The elements. Throws ShapeError when T is not the tensor's type. Writing through mutable_data does not bump the version:
  /// it is for filling new tensors; changes to tensors that others may hold go through the in-place operations below.
  template <class T>
  const T* data() const {
    return static_cast<const T*>(checked_data(dtype_of<T>));
  }
  template <class T>
  T* mutable_data() {
    return static_cast<T*>(checked_data(dtype_of<T>));
  }
  void* raw_data() const;
  template <class T>
  std::span<const T> span() const {
    return {data<T>(), static_cast<std::size_t>(numel())};
  }
  template <class T>
  std::vector<T> to_vector() const {
    return {data<T>(), data<T>() + numel()};
  }
  /// The only element of a tensor with one, as a double. Throws ShapeError when there are more.
  double item() const;

  /// A view with another shape; one extent may be -1 and is then computed. Throws ShapeError when the counts differ.
  Tensor reshape(std::span<const std::int64_t> extents) const;
  Tensor reshape(std::initializer_list<std::int64_t> extents) const { return reshape(std::span(extents.begin(), extents.size())); }
  Tensor reshape(const Shape& shape) const { return reshape(shape.extents()); }
  /// A view of the entries [begin, end) along the first axis.
  Tensor slice(std::int64_t begin, std::int64_t end) const;
  Tensor clone() const;
  /// Converted element by element (C++ conversion rules); the tensor itself when it has the type already.
  Tensor to(DType dtype) const;

  /// In-place: bump the storage's version. copy_ wants an equal shape and type.
  Tensor& fill_(double value);
  Tensor& copy_(const Tensor& source);

  Storage& storage() const { return *storage_; }
  bool shares_storage_with(const Tensor& other) const { return storage_ == other.storage_; }
  /// True when another tensor holds the same storage.
  bool is_shared() const { return storage_.use_count() > 1; }

 private:
  friend class WeakTensor;
  void* checked_data(DType wanted) const;

  TensorSpec spec_;
  std::int64_t offset_ = 0;  // in elements
  std::shared_ptr<Storage> storage_;
};

/// A tensor that is not kept: lock() gives it while somebody else holds its storage, and then an undefined one.
class WeakTensor {
 public:
  WeakTensor() = default;
  explicit WeakTensor(const Tensor& tensor) : spec_(tensor.spec_), offset_(tensor.offset_), storage_(tensor.storage_) {}
  Tensor lock() const;

 private:
  TensorSpec spec_;
  std::int64_t offset_ = 0;
  std::weak_ptr<Storage> storage_;
};

}  // namespace fovea
