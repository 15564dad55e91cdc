// fovea preview: what a training would see.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "fovea/base/version.hpp"
#include "fovea/pipelines/preview.hpp"
#include "fovea/vision/image_writer.hpp"
#include "label_flags.hpp"
#include "shared_options.hpp"

namespace fovea::cli {

namespace {

struct PreviewFlags {
  SharedOptions shared;
  PreviewOptions preview;
  LabelFlags labels;
  std::string config, out = "preview.png";
};

int run_preview(PreviewFlags flags) {
  if (flags.shared.seed) flags.preview.seed = *flags.shared.seed;
  flags.preview.labels = flags.labels.options();
  flags.preview.image_root = flags.labels.image_root;
  std::vector<std::string> left_out;
  if (!flags.config.empty()) read_preview_recipe(flags.config, flags.preview, left_out);
  if (!left_out.empty()) flags.shared.log(fmt::format("of whole batches, not shown: {}", fmt::join(left_out, ", ")));
  const cv::Mat sheet = preview(flags.preview);
  save_image(flags.out, sheet);
  flags.shared.log(fmt::format("{} written: {}x{} pixels", flags.out, sheet.cols, sheet.rows));
  flags.shared.write_json(to_text(
      {{"picture", flags.out}, {"width", sheet.cols}, {"height", sheet.rows}, {"data", flags.preview.data}, {"fovea_version", version()}}));
  return kAllDone;
}

}  // namespace

void add_preview(CLI::App& app, int& exit_code) {
  auto flags = std::make_shared<PreviewFlags>();
  CLI::App* command = app.add_subcommand("preview", "Draw pictures of a data set and what augmentation makes of them");
  command->footer(
      "Example:\n  fovea preview --data coco:instances.json --config recipe.json --out preview.png\n\n"
      "The recipe's \"augment\" is a list of names and objects, for instance\n"
      "  [\"flip\", {\"name\": \"affine\", \"degrees\": 15}, {\"name\": \"color-jitter\", \"hue\": 0.05}]");
  command
      ->add_option("--data", flags->preview.data,
                   "idx:DIR, folder:DIR, coco:FILE, voc:DIR or yolo:DIR; label maps: png:IMAGES,LABELS, panoptic:FILE or masks:DIR")
      ->required();
  command->add_option("--split", flags->preview.split, "train, val, test or all");
  command->add_option("--names", flags->preview.names, "file with one class name per line, for formats that hold none");
  command->add_option("--config", flags->config, "recipe whose \"augment\" and \"image_size\" are used");
  command->add_option("--count", flags->preview.count, "pictures, a row each")->capture_default_str();
  command->add_option("--variants", flags->preview.variants, "changed pictures beside each")->capture_default_str();
  command->add_option("--out", flags->out, "PNG or JPEG file")->capture_default_str();
  flags->labels.add_to(*command);
  flags->shared.add_to(*command);
  command->callback([flags, &exit_code] { exit_code = run_preview(*flags); });
}

}  // namespace fovea::cli
