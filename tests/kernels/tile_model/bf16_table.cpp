// The kernels for tile registers, where the machine has none on a model of them (tiles.hpp beside this file).
#include "bf16_table.hpp"

#include <gtest/gtest.h>

#include "cpu/bf16_matrix_kernels.hpp"
#include "fovea/base/cpu_features.hpp"

namespace fovea::kernels::avx512_tile_model {
extern const Bf16MatrixKernels kBf16MatrixKernels;
}

namespace fovea::test {
namespace {

/// All but the tiles is AVX-512.
class Machine : public testing::Environment {
  void SetUp() override {
    if (!is_supported(Isa::avx512)) GTEST_SKIP() << "this machine has no AVX-512";
  }
};
[[maybe_unused]] const testing::Environment* const kMachine = testing::AddGlobalTestEnvironment(new Machine);

}  // namespace

const kernels::KernelTable& bf16_table() {
  if (is_supported(Isa::avx512_amx)) return kernels::cpu_table(Isa::avx512_amx);
  static const kernels::KernelTable table = [] {
    kernels::KernelTable result = kernels::cpu_table(Isa::avx512);
    result.name = "cpu/avx512_tile_model";
    result.bf16.matmul = kernels::avx512_tile_model::kBf16MatrixKernels.matmul;
    result.bf16.conv2d = kernels::avx512_tile_model::kBf16MatrixKernels.conv2d;
    return result;
  }();
  return table;
}

}  // namespace fovea::test
