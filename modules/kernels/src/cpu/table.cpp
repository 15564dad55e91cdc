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

const KernelTable& cpu_table(Isa isa) {
  static const KernelTable portable_table{"cpu/portable", portable::kTable, reference_table().f64};
  static const KernelTable avx2_table{"cpu/avx2", avx2::kTable, reference_table().f64};
  static const KernelTable avx512_table{"cpu/avx512", avx512::kTable, reference_table().f64};
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
