// fovea inspect: what a model file or a network of the catalogue is made of.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <CLI/CLI.hpp>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "fovea/interchange/model_file.hpp"
#include "fovea/pipelines/catalogue.hpp"
#include "fovea/pipelines/classification_pipeline.hpp"
#include "fovea/pipelines/classifier_recipe.hpp"
#include "fovea/pipelines/detector_report.hpp"
#include "fovea/pipelines/network_report.hpp"
#include "shared_options.hpp"

namespace fovea::cli {

namespace {

struct InspectFlags {
  SharedOptions shared;
  std::string model, image_size, model_options = "{}";
  std::int64_t channels = 3, classes = 10;
};

void print_report(const InspectFlags& flags, const NetworkReport& report, Json json) {
  if (flags.shared.json != "-") fmt::print("{}", report.to_text());
  json.update(report.to_json());
  flags.shared.write_json(to_text(json));
}

/// What a model file says of itself, and its network layer by layer.
void describe(const InspectFlags& flags, const ModelMetadata& metadata, const NetworkReport& report) {
  const Json architecture = parse_json(metadata.architecture, flags.model), preprocessing = parse_json(metadata.preprocessing, flags.model);
  if (flags.shared.json != "-")
    fmt::print("architecture  {}\nlabels        {}\npreprocessing {}\n\n", architecture.dump(), fmt::join(metadata.labels, ", "),
               preprocessing.dump());
  print_report(flags, report, {{"architecture", architecture}, {"labels", metadata.labels}, {"preprocessing", preprocessing}});
}

void inspect_file(const InspectFlags& flags) {
  const ModelMetadata metadata = load_model_metadata(flags.model);
  if (metadata.task == "detect") return describe(flags, metadata, report_detector(load_model_file(flags.model), flags.model));
  const ClassificationPipeline pipeline = ClassificationPipeline::load(flags.model);
  const Preprocessing& p = pipeline.preprocessing();
  describe(flags, metadata, report_network(pipeline.network(), p.height, p.width, p.channels));
}

void inspect_name(const InspectFlags& flags) {
  const CatalogueEntry entry = require_network(flags.model);
  const ImageSize image = parse_image_size(flags.image_size.empty() ? std::to_string(entry.image_size) : flags.image_size);
  const NetworkInput input{.height = image.height, .width = image.width, .channels = flags.channels};
  const Json architecture = network_architecture(flags.model, input, flags.classes, parse_json(flags.model_options, "model options"));
  const auto network = build_network(architecture, flags.model);
  print_report(flags, report_network(*network, input.height, input.width, input.channels), {{"architecture", architecture}});
}

void run_inspect(const InspectFlags& flags) {
  const auto context = flags.shared.make_context();
  const kernels::ContextGuard guard(*context);
  const bool names_a_file = std::filesystem::path(flags.model).has_extension() || std::filesystem::exists(flags.model);
  names_a_file ? inspect_file(flags) : inspect_name(flags);
}

}  // namespace

void add_inspect(CLI::App& app, int&) {
  auto flags = std::make_shared<InspectFlags>();
  CLI::App* command =
      app.add_subcommand("inspect", "Show layers, shapes, parameters, MACs, memory, receptive fields, labels, preprocessing");
  command->footer("Example:\n  fovea inspect runs/fashion/weights/best.fovea\n  fovea inspect lenet5 --channels 1");
  command->add_option("model", flags->model, "model file, or a network's name")->required();
  command->add_option("--image-size", flags->image_size, "of a network by name: N or WxH");
  command->add_option("--channels", flags->channels, "of a network by name")->check(CLI::PositiveNumber)->capture_default_str();
  command->add_option("--classes", flags->classes, "of a network by name")->check(CLI::PositiveNumber)->capture_default_str();
  command->add_option("--model-options", flags->model_options, "of a network by name: JSON");
  flags->shared.add_to(*command);
  command->callback([flags] { run_inspect(*flags); });
}

}  // namespace fovea::cli
