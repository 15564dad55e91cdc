// fovea selftest: whether the kernels of this machine compute what they should.
#include "fovea/pipelines/selftest.hpp"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <nlohmann/json.hpp>

#include "fovea/base/cpu_features.hpp"
#include "shared_options.hpp"

namespace fovea::cli {

namespace {

int run_selftest(const SharedOptions& shared) {
  shared.log(cpu_name());
  const std::vector<SelftestRow> rows = selftest_machine();
  if (shared.json != "-") fmt::print("{}", to_text(rows));
  shared.write_json(to_text(to_json(rows)));
  return std::all_of(rows.begin(), rows.end(), [](const SelftestRow& row) { return row.passed(); }) ? kAllDone : kSomeInputsFailed;
}

}  // namespace

void add_selftest(CLI::App& app, int& exit_code) {
  auto shared = std::make_shared<SharedOptions>();
  CLI::App* command = app.add_subcommand("selftest", "Check every kernel of every instruction set of this machine against the reference");
  command->footer("Exit codes: 0 all kernels pass, 1 some fail.\n\nExample:\n  fovea selftest --json kernels.json");
  command->add_flag("--quiet", shared->quiet, "no log on stderr");
  command->add_option("--json", shared->json, "write the result as JSON to this file; - for stdout");
  command->callback([shared, &exit_code] { exit_code = run_selftest(*shared); });
}

}  // namespace fovea::cli
