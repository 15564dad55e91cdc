#include "fovea/base/cpu_features.hpp"
#include "processor.hpp"

namespace fovea {

bool multiplies_bf16_fast() { return false; }

bool is_supported(Isa isa) { return isa == Isa::portable; }

}  // namespace fovea
