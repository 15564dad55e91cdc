#include "fovea/pipelines/selftest.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "fovea/base/cpu_features.hpp"
#include "fovea/base/version.hpp"
#include "selftest/suite.hpp"

namespace fovea {

namespace {

/// The groups of slots that there are for every type of activations.
template <class T>
void check_activations(selftest_detail::Suite<T>& suite) {
  check_conv2d(suite);
  check_matmul(suite);
  check_pool2d(suite);
  check_window_pool2d(suite);
  check_resample2d(suite);
  check_batch_norm(suite);
  check_elementwise(suite);
  check_broadcast(suite);
  check_activation_functions(suite);
  check_group_norm(suite);
  check_reduce(suite);
}

}  // namespace

std::vector<SelftestRow> selftest(const kernels::KernelTable& tested) {
  std::vector<SelftestRow> rows;
  selftest_detail::Suite<float> f32(tested, rows);
  check_activations(f32);
  check_softmax(f32);
  check_optimizer(f32);
  check_distance(f32);
  check_box_overlap(f32);
  selftest_detail::Suite<bf16> narrow(tested, rows);
  check_activations(narrow);
  selftest_detail::check_conversions(tested, rows);
  return rows;
}

std::vector<SelftestRow> selftest_machine() {
  std::vector<SelftestRow> rows;
  for (const Isa isa : supported_isas()) {
    const std::vector<SelftestRow> of_isa = selftest(kernels::cpu_table(isa));
    rows.insert(rows.end(), of_isa.begin(), of_isa.end());
  }
  return rows;
}

std::string to_text(const std::vector<SelftestRow>& rows) {
  std::string text =
      fmt::format("{:<32} {:<16} {:<9} {:>6} {:>13} {:>9}\n", "kernel", "table", "precision", "shapes", "largest error", "allowed");
  for (const SelftestRow& row : rows)
    text += fmt::format("{:<32} {:<16} {:<9} {:>6} {:>13.1e} {:>9.1e}  {}\n", row.kernel, row.table, row.precision, row.shapes,
                        row.largest_error, row.tolerance, row.passed() ? "pass" : "FAIL: " + row.failure);
  const auto failed = std::count_if(rows.begin(), rows.end(), [](const SelftestRow& row) { return !row.passed(); });
  return text +
         (failed == 0 ? fmt::format("all {} kernels pass\n", rows.size()) : fmt::format("{} of {} kernels fail\n", failed, rows.size()));
}

Json to_json(const std::vector<SelftestRow>& rows) {
  Json kernels = Json::array();
  for (const SelftestRow& row : rows)
    kernels.push_back({{"kernel", row.kernel},
                       {"table", row.table},
                       {"precision", row.precision},
                       {"shapes", row.shapes},
                       {"largest_error", row.largest_error},
                       {"tolerance", row.tolerance},
                       {"passed", row.passed()},
                       {"failure", row.failure}});
  Json isas = Json::array();
  for (const Isa isa : supported_isas()) isas.push_back(name_of(isa));
  return {{"passed", std::all_of(rows.begin(), rows.end(), [](const SelftestRow& row) { return row.passed(); })},
          {"cpu", cpu_name()},
          {"instruction_sets", isas},
          {"fovea_version", version()},
          {"kernels", kernels}};
}

}  // namespace fovea
