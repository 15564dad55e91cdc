#include "fovea/tensor/storage.hpp"

#include <gtest/gtest.h>

#include <cstdint>
#include <cstring>

#include "fovea/base/error.hpp"

namespace fovea {
namespace {

TEST(Storage, MemoryIsAlignedAndWritable) {
  for (const std::size_t bytes : {std::size_t{0}, std::size_t{1}, std::size_t{63}, std::size_t{100000}}) {
    const Storage storage(bytes, {});
    ASSERT_NE(storage.data(), nullptr);
    EXPECT_EQ(reinterpret_cast<std::uintptr_t>(storage.data()) % 64, 0u);
    EXPECT_EQ(storage.bytes(), bytes);
    EXPECT_EQ(storage.device(), Device{});
    std::memset(storage.data(), 1, bytes);
  }
}

TEST(Storage, CountsItsChanges) {
  Storage storage(8, {});
  EXPECT_EQ(storage.version(), 0u);
  EXPECT_STREQ(storage.last_writer(), "");
  storage.bump_version("relu_");
  storage.bump_version("add_");
  EXPECT_EQ(storage.version(), 2u);
  EXPECT_STREQ(storage.last_writer(), "add_");
}

TEST(Storage, DevicesThatThisBuildLacksAreErrors) {
  EXPECT_THROW(Storage(8, {DeviceType::cuda, 0}), OptionError);
  EXPECT_THROW(allocator_of({DeviceType::cuda, 1}), OptionError);
}

}  // namespace
}  // namespace fovea
