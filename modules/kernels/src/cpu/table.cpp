// Chooses the kernels of the CPU at run time.
#include <fmt/format.h>

#include "fovea/base/error.hpp"
#include "fovea/kernels/kernel_table.hpp"

namespace fovea::kernels {

// Defined by isa_table.cpp, once per instruction set.
namespace portable {
extern const TypedKernels<float> kTable;
}
namespace avx2 {
extern const TypedKernels<float> kTable;
}
namespace avx512 {
extern const TypedKernels<float> kTable;
}

namespace {

KernelTable with_reference(const char* name, const TypedKernels<float>& f32) {
  const KernelTable& reference = reference_table();
  return {name, f32, reference.f64, reference.bf16, reference.conversion};
}

}  // namespace

const KernelTable& cpu_table(Isa isa) {
  static const KernelTable portable_table = with_reference("cpu/portable", portable::kTable);
  static const KernelTable avx2_table = with_reference("cpu/avx2", avx2::kTable);
  static const KernelTable avx512_table = with_reference("cpu/avx512", avx512::kTable);
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
