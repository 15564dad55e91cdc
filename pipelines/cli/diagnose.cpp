// fovea diagnose: what the logs of a training say about it.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "fovea/pipelines/diagnosis.hpp"
#include "shared_options.hpp"

namespace fovea::cli {

namespace {

struct DiagnoseFlags {
  SharedOptions shared;
  std::string run, against;
};

void run_diagnose(const DiagnoseFlags& flags) {
  const RunHistory run = load_run_history(flags.run);
  std::vector<Finding> findings = diagnose(run);
  if (!flags.against.empty()) findings.push_back(compare_runs(run, load_run_history(flags.against)));
  if (flags.shared.json != "-")
    for (const Finding& finding : findings)
      fmt::print("{}  {}: {}\n", finding.kind == Finding::Kind::problem ? "PROBLEM" : "note   ", finding.rule, finding.statement);
  flags.shared.write_json(to_text({{"run", flags.run}, {"epochs", run.results.rows.size()}, {"findings", to_json(findings)}}));
}

}  // namespace

void add_diagnose(CLI::App& app, int&) {
  auto flags = std::make_shared<DiagnoseFlags>();
  CLI::App* command = app.add_subcommand("diagnose", "Say what a training's logs show");
  command->footer(
      "Example:\n  fovea diagnose runs/classify/lenet5\n\n"
      "Over- and under-fitting, learning rates that are too high or too low, dead units, gradients that vanish: each with its figures.");
  command->add_option("run", flags->run, "run folder, of a training that is done or still runs")->required();
  command->add_option("--against", flags->against, "another run on the same data: is the optimiser to blame, or the objective?");
  flags->shared.add_to(*command);
  command->callback([flags] { run_diagnose(*flags); });
}

}  // namespace fovea::cli
