// The updates of one step, sorted by element type: each type's kernel runs once.
#pragma once

#include <tuple>
#include <vector>

#include "fovea/kernels/kernel_table.hpp"

namespace fovea {

/// `KernelUpdate` is kernels::SgdUpdate or another list entry of the optimiser kernels.
template <template <class> class KernelUpdate>
class UpdateLists {
 public:
  template <class T>
  std::vector<KernelUpdate<T>>& of() {
    return std::get<std::vector<KernelUpdate<T>>>(lists_);
  }
  /// Calls run(kernels of the type, list) for every type.
  template <class Run>
  void run_on(const kernels::KernelTable& table, Run run) {
    run(table.of<float>().optimizer, of<float>());
    run(table.of<double>().optimizer, of<double>());
  }

 private:
  std::tuple<std::vector<KernelUpdate<float>>, std::vector<KernelUpdate<double>>> lists_;
};

}  // namespace fovea
