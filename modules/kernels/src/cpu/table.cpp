// Chooses the kernels of the CPU at run time.
#include <fmt/format.h>

#include "cpu/bf16_matrix_kernels.hpp"
#include "fovea/base/error.hpp"
#include "fovea/kernels/kernel_table.hpp"

namespace fovea::kernels {

// Defined by isa_table.cpp, once per instruction set.
namespace portable {
extern const KernelTable kTable;
}
namespace avx2 {
extern const KernelTable kTable;
}
namespace avx512 {
extern const KernelTable kTable;
}
// Defined by bf16_table.cpp, once per instruction set that multiplies bf16 in its own way.
namespace portable {
extern const Bf16MatrixKernels kBf16MatrixKernels;
}
namespace avx2 {
extern const Bf16MatrixKernels kBf16MatrixKernels;
}
namespace avx512 {
extern const Bf16MatrixKernels kBf16MatrixKernels;
}
namespace avx512_bf16 {
extern const Bf16MatrixKernels kBf16MatrixKernels;
}
namespace avx512_amx {
extern const Bf16MatrixKernels kBf16MatrixKernels;
}

namespace {

/// An instruction set's kernels, `bf16` for the products of bf16, and the reference's where it has none.
KernelTable compose(const char* name, KernelTable table, const Bf16MatrixKernels& bf16) {
  const KernelTable& reference = reference_table();
  table.name = name;
  table.f64 = reference.f64;
  table.bf16.matmul = bf16.matmul;
  table.bf16.conv2d = bf16.conv2d;
  const ConversionKernels fast = table.conversion;
  table.conversion = reference.conversion;
  table.conversion.f32_to_bf16 = fast.f32_to_bf16;
  table.conversion.bf16_to_f32 = fast.bf16_to_f32;
  return table;
}

}  // namespace

const KernelTable& cpu_table(Isa isa) {
  static const KernelTable portable_table = compose("cpu/portable", portable::kTable, portable::kBf16MatrixKernels);
  static const KernelTable avx2_table = compose("cpu/avx2", avx2::kTable, avx2::kBf16MatrixKernels);
  static const KernelTable avx512_table = compose("cpu/avx512", avx512::kTable, avx512::kBf16MatrixKernels);
  static const KernelTable avx512_bf16_table = compose("cpu/avx512_bf16", avx512::kTable, avx512_bf16::kBf16MatrixKernels);
  static const KernelTable avx512_amx_table = compose("cpu/avx512_amx", avx512::kTable, avx512_amx::kBf16MatrixKernels);
  switch (isa) {
    case Isa::portable:
      return portable_table;
    case Isa::avx2:
      return avx2_table;
    case Isa::avx512:
      return avx512_table;
    case Isa::avx512_bf16:
      return avx512_bf16_table;
    case Isa::avx512_amx:
      return avx512_amx_table;
  }
  return portable_table;
}

const KernelTable& table(Device device) {
  if (device.type != DeviceType::cpu) throw OptionError(fmt::format("this build has no kernels for {}", device.to_string()));
  static const KernelTable& cpu = cpu_table(active_isa());
  return cpu;
}

}  // namespace fovea::kernels
