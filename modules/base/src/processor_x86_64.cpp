#include "fovea/base/cpu_features.hpp"
#include "processor.hpp"

namespace fovea {

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
  }
  return false;
}

}  // namespace fovea
