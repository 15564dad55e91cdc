// fovea export: a model's weights for other frameworks.
#include <fmt/format.h>

#include <CLI/CLI.hpp>

#include "fovea/pipelines/weights.hpp"
#include "shared_options.hpp"

namespace fovea::cli {

namespace {

struct ExportFlags {
  SharedOptions shared;
  std::string model, safetensors;
};

void run_export(const ExportFlags& flags) {
  export_safetensors(flags.model, flags.safetensors);
  flags.shared.log(fmt::format("weights of {} written to {}", flags.model, flags.safetensors));
}

}  // namespace

void add_export(CLI::App& app, int&) {
  auto flags = std::make_shared<ExportFlags>();
  CLI::App* command = app.add_subcommand("export", "Write a model's weights for another framework");
  command->footer("Example:\n  fovea export --model runs/photos/weights/best.fovea --safetensors photos.safetensors");
  command->add_option("--model", flags->model, "model file")->required();
  command->add_option("--safetensors", flags->safetensors, "file to write: torch's names, channels first")->required();
  flags->shared.add_to(*command);
  command->callback([flags] { run_export(*flags); });
}

}  // namespace fovea::cli
