// The memory behind tensors.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>

#include "fovea/base/device.hpp"
#include "fovea/base/memory.hpp"

namespace fovea {

/// Gives and takes memory of one device. Thread-safe.
class Allocator {
 public:
  virtual ~Allocator() = default;
  /// At least `bytes` bytes, 64-byte aligned, uninitialised. Throws std::bad_alloc.
  virtual void* allocate(std::size_t bytes) = 0;
  virtual void deallocate(void* memory, std::size_t bytes) noexcept = 0;

  /// What is in use and kept, of everybody on the device: tensors and kernels' scratch.
  virtual MemoryStatistics statistics() const = 0;
  /// Sets the peak to what is in use now.
  virtual void reset_peak() = 0;
  /// Gives everything that nobody uses back to the system.
  virtual void release_cached() = 0;
};

/// The allocator of a device; lives as long as the program. Throws OptionError when this build has none.
Allocator& allocator_of(Device device);

/// allocator_of(device).statistics(): the memory of a training step is its peak after reset_peak().
inline MemoryStatistics memory_statistics(Device device = {}) { return allocator_of(device).statistics(); }

class Tensor;

/// Computes a tensor again, bit by bit, from others that are kept anyway. Who would keep the tensor for later can keep its recipe instead.
class Recipe {
 public:
  virtual ~Recipe() = default;
  virtual Tensor compute() const = 0;
};

/// One block of memory, shared by all tensors that view it. Counts the in-place changes made to it, so that a tensor that was saved
/// for a backward pass and then overwritten is found out.
class Storage {
 public:
  Storage(std::size_t bytes, Device device);
  ~Storage();
  Storage(const Storage&) = delete;
  Storage& operator=(const Storage&) = delete;

  void* data() const { return data_; }
  std::size_t bytes() const { return bytes_; }
  Device device() const { return device_; }

  std::uint64_t version() const { return version_; }
  /// Name of the operation that made the latest in-place change; "" before the first.
  const char* last_writer() const { return last_writer_; }
  /// Called by every in-place operation; `operation` is a string literal.
  void bump_version(const char* operation) {
    ++version_;
    last_writer_ = operation;
  }

  /// How to compute the contents as they are now, which a tensor over the whole storage must view. The storage does not keep the recipe
  /// alive: it serves as long as its maker wants.
  void set_recipe(const std::shared_ptr<const Recipe>& recipe) {
    recipe_ = recipe;
    recipe_version_ = version_;
  }
  /// Null without one, and after an in-place change.
  std::shared_ptr<const Recipe> recipe() const { return version_ == recipe_version_ ? recipe_.lock() : nullptr; }

 private:
  void* data_;
  std::size_t bytes_;
  Device device_;
  Allocator* allocator_;
  std::uint64_t version_ = 0;
  const char* last_writer_ = "";
  std::weak_ptr<const Recipe> recipe_;
  std::uint64_t recipe_version_ = 0;
};

}  // namespace fovea
