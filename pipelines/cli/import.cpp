// fovea import: weights of other frameworks as a model file.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "fovea/base/error.hpp"
#include "fovea/data/label_names.hpp"
#include "fovea/pipelines/darknet_import.hpp"
#include "fovea/pipelines/weights.hpp"
#include "shared_options.hpp"

namespace fovea::cli {

namespace {

struct ImportFlags {
  SharedOptions shared;
  ImportOptions options;
  std::string torch_safetensors, names, out;
  std::vector<std::string> darknet;  ///< description and weights
};

void import_from_darknet(const ImportFlags& flags) {
  const auto context = flags.shared.make_context();
  const kernels::ContextGuard guard(*context);
  DarknetImportOptions options{.config = flags.darknet.at(0), .weights = flags.darknet.at(1), .resize = flags.options.resize};
  if (!flags.names.empty()) options.names = read_label_names(flags.names);
  const DarknetImportSummary summary = import_darknet(options, flags.out);
  flags.shared.log(fmt::format("{} layers, {} parameters, {} classes, trained on {} images; written to {}", summary.layers,
                               summary.parameters, summary.classes, summary.seen, flags.out));
  flags.shared.write_json(to_text({{"model", "darknet"},
                                   {"layers", summary.layers},
                                   {"parameters", summary.parameters},
                                   {"classes", summary.classes},
                                   {"seen", summary.seen}}));
}

void import_from_torch(ImportFlags flags) {
  if (flags.options.model.empty()) throw OptionError("--torch-safetensors wants --model, the network that the weights are of");
  const auto context = flags.shared.make_context();
  const kernels::ContextGuard guard(*context);
  if (!flags.names.empty()) flags.options.names = read_label_names(flags.names);
  const ImportedClassifier imported = import_torch_classifier(flags.torch_safetensors, flags.options);
  imported.pipeline.save(flags.out);
  const std::int64_t parameters = imported.pipeline.network().parameter_count();
  for (const std::string& name : imported.left) flags.shared.log(fmt::format("not in the file: {}", name));
  flags.shared.log(fmt::format("{}: {} parameters, {} classes; written to {}", flags.options.model, parameters,
                               imported.pipeline.labels().size(), flags.out));
  flags.shared.write_json(to_text({{"model", flags.options.model},
                                   {"parameters", parameters},
                                   {"classes", imported.pipeline.labels().size()},
                                   {"left", imported.left}}));
}

}  // namespace

void add_import(CLI::App& app, int&) {
  auto flags = std::make_shared<ImportFlags>();
  CLI::App* command = app.add_subcommand("import", "Make a model file of weights from another framework");
  command->footer(
      "Example:\n  fovea import --torch-safetensors resnet50.safetensors --model resnet50 --names imagenet.txt --out resnet50.fovea\n"
      "  fovea import --darknet yolo-fastest.cfg yolo-fastest.weights --names coco.names --out yolo-fastest.fovea\n\n"
      "docs/weights.md has the Python lines that write such a file from a torch state dict.");
  CLI::Option* darknet = command->add_option("--darknet", flags->darknet, "a detector's description (.cfg) and weights")->expected(2);
  command->add_option("--torch-safetensors", flags->torch_safetensors, "safetensors file of a torch state dict")->excludes(darknet);
  command->add_option("--model", flags->options.model, "the network (torchvision's name with hyphens): resnet50, vgg16-bn, ...")
      ->excludes(darknet);
  command->add_option("--model-options", flags->options.model_options, "JSON, for instance {\"auxiliary\":true}");
  command->add_option("--names", flags->names, "file with one class name per line (0, 1, ...)");
  command->add_option("--image-size", flags->options.image_size, "N or WxH (the network's usual)");
  command->add_option("--resize", flags->options.resize, "stretch, letterbox or, of classifiers, center_crop")->capture_default_str();
  command->add_option("--mean", flags->options.mean, "per channel, of values in 0..1 (ImageNet's; grey 0)")->delimiter(',');
  command->add_option("--deviation", flags->options.deviation, "per channel, of values in 0..1 (ImageNet's; grey 1)")->delimiter(',');
  command->add_option("--allow", flags->options.load.allow, "patterns of names that need not fit: 'fc.*'")->delimiter(',');
  command->add_option("--out", flags->out, "model file to write")->required();
  flags->shared.add_to(*command);
  command->callback([flags] {
    if (!flags->darknet.empty()) return import_from_darknet(*flags);
    if (flags->torch_safetensors.empty()) throw OptionError("expected --darknet CFG WEIGHTS or --torch-safetensors FILE");
    import_from_torch(*flags);
  });
}

}  // namespace fovea::cli
