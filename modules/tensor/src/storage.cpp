#include "fovea/tensor/storage.hpp"

#include <fmt/format.h>

#include <new>

#include "fovea/base/error.hpp"

namespace fovea {

namespace {

class CpuAllocator final : public Allocator {
 public:
  void* allocate(std::size_t bytes) override { return ::operator new(bytes, kAlignment); }
  void deallocate(void* memory, std::size_t) noexcept override { ::operator delete(memory, kAlignment); }

 private:
  static constexpr std::align_val_t kAlignment{64};
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
