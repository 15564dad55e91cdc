// fovea selftest: whether the kernels of this machine compute what they should, and whether gradients are right.
#include "fovea/pipelines/selftest.hpp"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <nlohmann/json.hpp>

#include "fovea/base/cpu_features.hpp"
#include "fovea/pipelines/gradient_selftest.hpp"
#include "shared_options.hpp"

namespace fovea::cli {

namespace {

template <class Row>
int report(const std::vector<Row>& rows, const SharedOptions& shared) {
  if (shared.json != "-") fmt::print("{}", to_text(rows));
  shared.write_json(to_text(to_json(rows)));
  return std::all_of(rows.begin(), rows.end(), [](const Row& row) { return row.passed(); }) ? kAllDone : kSomeInputsFailed;
}

int run_selftest(const SharedOptions& shared, bool gradients) {
  shared.log(cpu_name());
  return gradients ? report(selftest_gradients(), shared) : report(selftest_machine(), shared);
}

}  // namespace

void add_selftest(CLI::App& app, int& exit_code) {
  auto shared = std::make_shared<SharedOptions>();
  CLI::App* command =
      app.add_subcommand("selftest", "Check every kernel of every instruction set of this machine against the reference, or all gradients");
  command->footer("Exit codes: 0 all pass, 1 some fail.\n\nExamples:\n  fovea selftest --json kernels.json\n  fovea selftest --gradients");
  auto gradients = std::make_shared<bool>(false);
  command->add_flag("--gradients", *gradients, "check the gradient of every operation and loss in f64 against central differences instead");
  command->add_flag("--quiet", shared->quiet, "no log on stderr");
  command->add_option("--json", shared->json, "write the result as JSON to this file; - for stdout");
  command->callback([shared, gradients, &exit_code] { exit_code = run_selftest(*shared, *gradients); });
}

}  // namespace fovea::cli
