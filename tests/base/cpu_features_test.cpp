#include "fovea/base/cpu_features.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "fovea/base/error.hpp"

namespace fovea {
namespace {

using testing::HasSubstr;

TEST(CpuFeatures, PortableIsAlwaysThereAndFirst) {
  const std::vector<Isa> isas = supported_isas();
  ASSERT_FALSE(isas.empty());
  EXPECT_EQ(isas.front(), Isa::portable);
  EXPECT_TRUE(std::is_sorted(isas.begin(), isas.end()));
  for (const Isa isa : isas) EXPECT_TRUE(is_supported(isa)) << name_of(isa);
}

TEST(CpuFeatures, NothingForcedMeansTheFastest) {
  const Isa strongest = supported_isas().back(), chosen = choose_isa("");
  if (strongest == Isa::avx512_bf16)  // which is the faster one depends on the processor's maker
    EXPECT_THAT(chosen, testing::AnyOf(Isa::avx512, Isa::avx512_bf16));
  else
    EXPECT_EQ(chosen, strongest);
}

TEST(CpuFeatures, ASupportedSetCanBeForced) {
  for (const Isa isa : supported_isas()) EXPECT_EQ(choose_isa(name_of(isa)), isa);
}

TEST(CpuFeatures, WrongNamesAreErrors) {
  for (const char* name : {"avx", "AVX2", "avx2 ", "neon"}) {
    try {
      choose_isa(name);
      FAIL() << "no error for " << name;
    } catch (const OptionError& error) {
      EXPECT_THAT(error.what(), HasSubstr(std::string("FOVEA_ISA=") + name));
      EXPECT_THAT(error.what(), HasSubstr("portable"));
    }
  }
}

TEST(CpuFeatures, UnsupportedSetsAreErrors) {
  int missing = 0;
  for (const Isa isa : {Isa::avx2, Isa::avx512, Isa::avx512_bf16, Isa::avx512_amx}) {
    if (is_supported(isa)) continue;
    ++missing;
    try {
      choose_isa(name_of(isa));
      FAIL() << "no error for " << name_of(isa);
    } catch (const OptionError& error) {
      EXPECT_THAT(error.what(), HasSubstr("this machine has only portable"));
    }
  }
  if (missing == 0) GTEST_SKIP() << "this machine has every set";
}

TEST(CpuFeatures, TheProcessorHasAName) { EXPECT_FALSE(cpu_name().empty()); }

}  // namespace
}  // namespace fovea
