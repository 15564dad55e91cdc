// Chooses the kernels of the CPU at run time.
#include <fmt/format.h>

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

namespace {

/// An instruction set's kernels, and the reference's where it has none: f64, and bf16 convolutions and products.
KernelTable with_reference(KernelTable table) {
  const KernelTable& reference = reference_table();
  table.f64 = reference.f64;
  if (table.bf16.matmul.forward == nullptr) table.bf16.matmul = reference.bf16.matmul;
  if (table.bf16.conv2d.forward == nullptr) table.bf16.conv2d = reference.bf16.conv2d;
  const ConversionKernels fast = table.conversion;
  table.conversion = reference.conversion;
  table.conversion.f32_to_bf16 = fast.f32_to_bf16;
  table.conversion.bf16_to_f32 = fast.bf16_to_f32;
  return table;
}

}  // namespace

const KernelTable& cpu_table(Isa isa) {
  static const KernelTable portable_table = with_reference(portable::kTable);
  static const KernelTable avx2_table = with_reference(avx2::kTable);
  static const KernelTable avx512_table = with_reference(avx512::kTable);
  switch (isa) {
    case Isa::portable:
      return portable_table;
    case Isa::avx2:
      return avx2_table;
    case Isa::avx512:
      return avx512_table;
  }
  return portable_table;
}

const KernelTable& table(Device device) {
  if (device.type != DeviceType::cpu) throw OptionError(fmt::format("this build has no kernels for {}", device.to_string()));
  static const KernelTable& cpu = cpu_table(active_isa());
  return cpu;
}

}  // namespace fovea::kernels
