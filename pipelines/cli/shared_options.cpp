#include "shared_options.hpp"

#include <fmt/format.h>

#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <CLI/Option.hpp>
#include <cstdio>
#include <nlohmann/json.hpp>

#include "fovea/base/error.hpp"
#include "fovea/base/file.hpp"
#include "fovea/base/version.hpp"
#include "fovea/pipelines/precision.hpp"

namespace fovea::cli {

void SharedOptions::add_to(CLI::App& command) {
  command.add_option("--threads", threads, "threads to compute with; 0: all")->check(CLI::NonNegativeNumber);
  command.add_option("--seed", seed, "names all random choices, where there are any");
  command.add_option("--device", device, "cpu, or cuda[:index] in builds that have it")->capture_default_str();
  command.add_option("--precision", precision, "of activations, where the verb computes any: f32 (default) or bf16");
  command.add_flag("--quiet", quiet, "no log on stderr");
  command.add_option("--json", json, "write the result as JSON to this file; - for stdout");
}

std::unique_ptr<kernels::Context> SharedOptions::make_context() const {
  if (device != "cpu") throw OptionError(fmt::format("--device {}: this build computes on the cpu only", device));
  activation_type();
  return std::make_unique<kernels::Context>(threads);
}

DType SharedOptions::activation_type() const {
  try {
    return parse_precision(precision.value_or("f32"));
  } catch (const OptionError& error) {
    throw OptionError(fmt::format("--precision {}: {}", *precision, error.what()));
  }
}

void SharedOptions::log(const std::string& line) const {
  if (!quiet) fmt::print(stderr, "{}\n", line);
}

void SharedOptions::write_json(const std::string& text) const {
  if (json == "-") {
    std::fwrite(text.data(), 1, text.size(), stdout);
  } else if (!json.empty()) {
    write_file(json, text);
  }
}

std::filesystem::path folder_of(const std::string& images) {
  const std::filesystem::path path(images);
  return std::filesystem::is_directory(path) ? path : path.parent_path();
}

int report_run(const SharedOptions& shared, const DirectoryRunSummary& summary, const std::filesystem::path& failed) {
  if (summary.failures > 0) shared.log(fmt::format("the files that failed and why: {}", failed.string()));
  shared.write_json(to_text({{"count", summary.images}, {"failures", summary.failures}, {"fovea_version", version()}}));
  if (summary.failures == 0) return kAllDone;
  return summary.images > 0 ? kSomeInputsFailed : kUnusable;
}

}  // namespace fovea::cli
