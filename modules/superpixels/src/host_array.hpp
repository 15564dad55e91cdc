// Large arrays from the library's pool: on huge pages, whose addresses random access finds several times as fast.
#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>

#include "fovea/base/memory.hpp"

namespace fovea {

/// Numbers, uninitialised.
template <class T>
class HostArray {
 public:
  HostArray() = default;
  explicit HostArray(std::int64_t count)
      : bytes_(static_cast<std::size_t>(count) * sizeof(T)), values_(static_cast<T*>(allocate_host_memory(bytes_))) {}
  ~HostArray() {
    if (values_ != nullptr) deallocate_host_memory(values_, bytes_);
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
  std::size_t bytes_ = 0;
  T* values_ = nullptr;
};

}  // namespace fovea
