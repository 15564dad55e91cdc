// The updates of one step, sorted by element type: each type's kernel runs once.
#pragma once

#include <cstdint>
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
  /// Runs the kernel that slot(kernels) gives on the list of every type, and marks the weights of `updates` as changed by `name`.
  template <class Updates, class Slot>
  void run(const Updates& updates, const char* name, Slot slot) {
    const kernels::KernelTable& table = kernels::table(updates.front().weight.device());
    run_list(slot(table.of<float>().optimizer), of<float>());
    run_list(slot(table.of<double>().optimizer), of<double>());
    for (const auto& update : updates) update.weight.storage().bump_version(name);
  }

 private:
  template <class Kernel, class List>
  static void run_list(Kernel kernel, const List& list) {
    kernel(kernels::Context::current(), static_cast<std::int64_t>(list.size()), list.data());
  }

  std::tuple<std::vector<KernelUpdate<float>>, std::vector<KernelUpdate<double>>> lists_;
};

}  // namespace fovea
