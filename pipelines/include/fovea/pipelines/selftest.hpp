// Every kernel of this machine against the reference.
#pragma once

#include <string>
#include <vector>

#include "fovea/base/json.hpp"
#include "fovea/kernels/kernel_table.hpp"

namespace fovea {

/// What one kernel showed.
struct SelftestRow {
  std::string kernel;        ///< its slot in the table: "conv2d.backward_data"
  std::string table;         ///< "cpu/avx512"
  std::string precision;     ///< of the activations: "f32", "bf16"
  int shapes = 0;            ///< tried
  double largest_error = 0;  ///< difference to the f64 reference, relative to the magnitude of what was summed (at least 1 elsewhere)
  double tolerance = 0;      ///< the largest error that passes
  std::string failure;       ///< the first failure; "" when all is well

  bool passed() const { return failure.empty(); }
};

/// Runs every slot of `tested` that is not the reference's own on a list of awkward shapes: results must be near those of the f64
/// reference, and have the same bits with one thread and with all. Slots that the reference has and `tested` lacks fail.
std::vector<SelftestRow> selftest(const kernels::KernelTable& tested);

/// selftest() of the tables of all instruction sets that this machine has.
std::vector<SelftestRow> selftest_machine();

std::string to_text(const std::vector<SelftestRow>& rows);
/// {"passed", "cpu", "instruction_sets", "fovea_version", "kernels": [one object per row]}
Json to_json(const std::vector<SelftestRow>& rows);

}  // namespace fovea
