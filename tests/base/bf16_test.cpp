#include "fovea/base/bf16.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "fovea/base/dtype.hpp"

namespace fovea {
namespace {

float float_of(std::uint32_t bits) { return std::bit_cast<float>(bits); }

TEST(Bf16, EveryValueSurvivesTheWayThroughFloat) {
  for (std::uint32_t bits = 0; bits <= 0xFFFF; ++bits) {
    const bf16 value = bf16::from_bits(static_cast<std::uint16_t>(bits));
    const bf16 back(static_cast<float>(value));
    if (std::isnan(value)) {
      ASSERT_EQ(back.bits, bits | 0x40) << "a NaN becomes quiet and keeps the rest";
    } else {
      ASSERT_EQ(back.bits, bits);
      ASSERT_EQ(bf16(static_cast<double>(value)).bits, bits);
    }
  }
}

TEST(Bf16, RoundsToNearestAndTiesToEven) {
  struct {
    std::uint32_t from;
    std::uint16_t to;
  } const cases[] = {
      {0x3F800000, 0x3F80},                        // 1
      {0x3F807FFF, 0x3F80}, {0x3F808000, 0x3F80},  // below a tie, the tie to even
      {0x3F808001, 0x3F81}, {0x3F818000, 0x3F82},  // above a tie, a tie upwards to even
      {0xBF808000, 0xBF80}, {0xBF818000, 0xBF82},  // the same below zero
      {0x7F7F7FFF, 0x7F7F}, {0x7F7F8000, 0x7F80},  // the largest finite value, and what overflows
      {0x7F7FFFFF, 0x7F80}, {0xFF7FFFFF, 0xFF80}, {0x7F800000, 0x7F80}, {0xFF800000, 0xFF80},
      {0x00000001, 0x0000}, {0x80000001, 0x8000}, {0x00008000, 0x0000}, {0x00008001, 0x0001},  // subnormal
      {0x00018000, 0x0002}, {0x007FFFFF, 0x0080},                                              // up to the smallest normal value
      {0x7F800001, 0x7FC0}, {0xFFBF0001, 0xFFFF}, {0x7FC00000, 0x7FC0},                        // NaN
  };
  for (const auto& [from, to] : cases) EXPECT_EQ(bf16(float_of(from)).bits, to) << std::hex << from;
}

TEST(Bf16, RoundsADoubleOnce) {
  const double tie = 1 + 0x1p-8;  // between 0x3F80 and 0x3F81
  EXPECT_EQ(bf16(tie).bits, 0x3F80);
  EXPECT_EQ(bf16(tie + 0x1p-40).bits, 0x3F81);  // a float would be the tie
  EXPECT_EQ(bf16(-tie - 0x1p-40).bits, 0xBF81);
  EXPECT_EQ(bf16(1 + 3 * 0x1p-8 - 0x1p-40).bits, 0x3F81);  // as a float a tie, which goes up
  EXPECT_EQ(bf16(0x1p-140 + 0x1p-160).bits, 0);
  EXPECT_EQ(bf16(1e300).bits, 0x7F80);
  EXPECT_EQ(bf16(-1e300).bits, 0xFF80);
  EXPECT_EQ(bf16(1e-300).bits, 0x0000);
  EXPECT_EQ(bf16(-1e-300).bits, 0x8000);
  EXPECT_TRUE(std::isnan(bf16(std::numeric_limits<double>::quiet_NaN())));
  EXPECT_EQ(bf16(std::numeric_limits<double>::infinity()).bits, 0x7F80);
}

TEST(Bf16, ConvertsFromIntegersAndComputesAsFloat) {
  EXPECT_EQ(bf16(-3), -3.0F);
  EXPECT_EQ(static_cast<std::int64_t>(bf16(7.5F)), 7);
  static_assert(std::is_same_v<decltype(bf16(1) + bf16(2)), float>);
  static_assert(dtype_of<bf16> == DType::bf16 && size_of(DType::bf16) == 2 && is_floating(DType::bf16));
  static_assert(weight_type_of(DType::bf16) == DType::f32 && weight_type_of(DType::f64) == DType::f64);
  EXPECT_STREQ(name_of(DType::bf16), "bf16");
}

}  // namespace
}  // namespace fovea
