#include "fovea/tensor/storage.hpp"

#include <fmt/format.h>

#include "fovea/base/error.hpp"
#include "fovea/base/memory.hpp"

namespace fovea {

namespace {

class CpuAllocator final : public Allocator {
 public:
  void* allocate(std::size_t bytes) override { return allocate_host_memory(bytes); }
  void deallocate(void* memory, std::size_t bytes) noexcept override { deallocate_host_memory(memory, bytes); }
  MemoryStatistics statistics() const override { return host_memory_statistics(); }
  void reset_peak() override { reset_host_memory_peak(); }
  void release_cached() override { release_cached_host_memory(); }
};

}  // namespace

Allocator& allocator_of(Device device) {
  static CpuAllocator cpu;
  if (device.type != DeviceType::cpu) throw OptionError(fmt::format("this build has no memory on {}", device.to_string()));
  return cpu;
}

Storage::Storage(std::size_t bytes, Device device) : data_(nullptr), bytes_(bytes), device_(device), allocator_(&allocator_of(device)) {
  data_ = allocator_->allocate(bytes_);
}

Storage::~Storage() { allocator_->deallocate(data_, bytes_); }

}  // namespace fovea
