#include <cpuid.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "fovea/base/cpu_features.hpp"
#include "processor.hpp"

namespace fovea {

namespace {

/// Whether the processor has AMX's tiles with products of bf16 (CPUID leaf 7, EDX bits 24 and 22).
bool has_tiles() {
  unsigned a = 0, b = 0, c = 0, d = 0;
  return __get_cpuid_count(7, 0, &a, &b, &c, &d) != 0 && (d >> 24 & 1) != 0 && (d >> 22 & 1) != 0;
}

/// Tile registers are large: Linux lets a process use them only when it has asked (Documentation/arch/x86/xstate.rst), once, for all its
/// threads.
bool may_use_tiles() {
  constexpr long kRequestPermission = 0x1023, kTileData = 18;
  return syscall(SYS_arch_prctl, kRequestPermission, kTileData) == 0;
}

}  // namespace

bool multiplies_bf16_fast() { return __builtin_cpu_is("amd"); }

// The builtin also asks the operating system whether it saves the wide registers.
bool is_supported(Isa isa) {
  switch (isa) {
    case Isa::portable:
      return true;
    case Isa::avx2:
      return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
    case Isa::avx512:
      return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512dq") &&
             __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("fma");
    case Isa::avx512_bf16:
      return is_supported(Isa::avx512) && __builtin_cpu_supports("avx512bf16");
    case Isa::avx512_amx: {
      static const bool usable = is_supported(Isa::avx512) && has_tiles() && may_use_tiles();
      return usable;
    }
  }
  return false;
}

}  // namespace fovea
