#include "bf16_table.hpp"

namespace fovea::test {

const kernels::KernelTable& bf16_table() { return kernels::table(); }

}  // namespace fovea::test
