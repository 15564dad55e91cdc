// What every operation's body needs to reach the kernels.
#pragma once

#include "fovea/kernels/kernel_table.hpp"
#include "fovea/tensor/dispatch.hpp"
#include "fovea/tensor/tensor.hpp"

namespace fovea {

/// The kernels of T on the tensor's device.
template <class T>
const kernels::TypedKernels<T>& kernels_for(const Tensor& tensor) {
  return kernels::table(tensor.device()).of<T>();
}

}  // namespace fovea
