// fovea import: weights of other frameworks as a model file.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "fovea/base/error.hpp"
#include "fovea/data/label_names.hpp"
#include "fovea/pipelines/weights.hpp"
#include "shared_options.hpp"

namespace fovea::cli {

namespace {

struct ImportFlags {
  SharedOptions shared;
  ImportOptions options;
  std::string torch_safetensors, names, out;
};

void run_import(ImportFlags flags) {
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
      "Example:\n  fovea import --torch-safetensors resnet50.safetensors --model resnet50 --names imagenet.txt --out resnet50.fovea\n\n"
      "docs/weights.md has the Python lines that write such a file from a torch state dict.");
  command->add_option("--torch-safetensors", flags->torch_safetensors, "safetensors file of a torch state dict")->required();
  command->add_option("--model", flags->options.model, "the network (torchvision's name with hyphens): resnet50, vgg16-bn, ...")
      ->required();
  command->add_option("--model-options", flags->options.model_options, "JSON, for instance {\"auxiliary\":true}");
  command->add_option("--names", flags->names, "file with one class name per line (0, 1, ...)");
  command->add_option("--image-size", flags->options.image_size, "N or WxH (the network's usual)");
  command->add_option("--resize", flags->options.resize, "stretch, letterbox or center_crop")->capture_default_str();
  command->add_option("--mean", flags->options.mean, "per channel, of values in 0..1 (ImageNet's; grey 0)")->delimiter(',');
  command->add_option("--deviation", flags->options.deviation, "per channel, of values in 0..1 (ImageNet's; grey 1)")->delimiter(',');
  command->add_option("--allow", flags->options.load.allow, "patterns of names that need not fit: 'fc.*'")->delimiter(',');
  command->add_option("--out", flags->out, "model file to write")->required();
  flags->shared.add_to(*command);
  command->callback([flags] { run_import(*flags); });
}

}  // namespace fovea::cli
