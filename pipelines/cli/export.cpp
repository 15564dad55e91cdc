// fovea export: a model's weights for other frameworks.
#include <fmt/format.h>

#include <CLI/CLI.hpp>

#include "fovea/base/error.hpp"
#include "fovea/pipelines/darknet_import.hpp"
#include "fovea/pipelines/weights.hpp"
#include "shared_options.hpp"

namespace fovea::cli {

namespace {

struct ExportFlags {
  SharedOptions shared;
  std::string model, safetensors;
  std::vector<std::string> darknet;  ///< description and weights
};

void run_export(const ExportFlags& flags) {
  if (flags.safetensors.empty() && flags.darknet.empty()) throw OptionError("expected --safetensors FILE or --darknet CFG WEIGHTS");
  if (!flags.safetensors.empty()) {
    export_safetensors(flags.model, flags.safetensors);
    flags.shared.log(fmt::format("weights of {} written to {}", flags.model, flags.safetensors));
  }
  if (!flags.darknet.empty()) {
    export_darknet(flags.model, flags.darknet.at(0), flags.darknet.at(1));
    flags.shared.log(fmt::format("{} written to {} and {}", flags.model, flags.darknet.at(0), flags.darknet.at(1)));
  }
}

}  // namespace

void add_export(CLI::App& app, int&) {
  auto flags = std::make_shared<ExportFlags>();
  CLI::App* command = app.add_subcommand("export", "Write a model's weights for another framework");
  command->footer("Example:\n  fovea export --model runs/photos/weights/best.fovea --safetensors photos.safetensors");
  command->add_option("--model", flags->model, "model file")->required();
  command->add_option("--safetensors", flags->safetensors, "file to write: torch's names, channels first");
  command->add_option("--darknet", flags->darknet, "description (.cfg) and weights to write, of a model that was imported from Darknet")
      ->expected(2);
  flags->shared.add_to(*command);
  command->callback([flags] { run_export(*flags); });
}

}  // namespace fovea::cli
