// Which kernels the tests of bf16 products run.
#pragma once

#include "fovea/kernels/kernel_table.hpp"

namespace fovea::test {

/// The active instruction set's; in the tile model's tests the model's.
const kernels::KernelTable& bf16_table();

}  // namespace fovea::test
