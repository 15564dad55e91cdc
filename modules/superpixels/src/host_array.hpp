// Arrays of a few bytes a pixel. Large ones come from the library's pool: on huge pages, whose addresses random access finds several times
// as fast. Small ones would lose more to rounding up than they gain.
#pragma once

#include <cstddef>
#include <cstdint>
#include <new>
#include <utility>

#include "fovea/base/memory.hpp"

namespace fovea {

/// Numbers, uninitialised.
template <class T>
class HostArray {
 public:
  HostArray() = default;
  explicit HostArray(std::int64_t count)
      : bytes_(static_cast<std::size_t>(count) * sizeof(T)),
        values_(static_cast<T*>(is_large() ? allocate_host_memory(bytes_) : ::operator new(bytes_))) {}
  ~HostArray() {
    if (values_ == nullptr) return;
    is_large() ? deallocate_host_memory(values_, bytes_) : ::operator delete(values_);
  }
  HostArray(HostArray&& other) noexcept : bytes_(other.bytes_), values_(std::exchange(other.values_, nullptr)) {}
  HostArray& operator=(HostArray&& other) noexcept {
    std::swap(bytes_, other.bytes_);
    std::swap(values_, other.values_);
    return *this;
  }

  T* get() { return values_; }
  const T* get() const { return values_; }
  T& operator[](std::int64_t index) { return values_[index]; }
  const T& operator[](std::int64_t index) const { return values_[index]; }

 private:
  bool is_large() const { return bytes_ >= std::size_t{8} << 20; }

  std::size_t bytes_ = 0;
  T* values_ = nullptr;
};

}  // namespace fovea
