// fovea make-scenes: data with everything known of it.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "fovea/base/version.hpp"
#include "fovea/pipelines/classifier_recipe.hpp"
#include "fovea/pipelines/scene_set.hpp"
#include "shared_options.hpp"

namespace fovea::cli {

namespace {

struct SceneFlags {
  SharedOptions shared;
  SceneSetOptions set;
  std::string out, size = "320x240";
};

int run_make_scenes(SceneFlags flags) {
  const auto context = flags.shared.make_context();
  if (flags.shared.seed) flags.set.seed = *flags.shared.seed;
  const ImageSize size = parse_image_size(flags.size);
  flags.set.scene.size = {size.width, size.height};
  flags.set.out = flags.out;
  const SceneSetSummary made = write_scene_set(flags.set, context->threads());
  flags.shared.log(fmt::format("{} scenes with {} objects on {} photographs ({} split); --data coco:{} or png:{}/images,{}/labels",
                               made.scenes, made.objects, made.backgrounds, flags.set.split, made.annotations.string(), flags.out,
                               flags.out));
  flags.shared.write_json(to_text({{"scenes", made.scenes},
                                   {"objects", made.objects},
                                   {"photographs", made.backgrounds},
                                   {"split", flags.set.split},
                                   {"annotations", made.annotations.string()},
                                   {"fovea_version", version()}}));
  return kAllDone;
}

}  // namespace

void add_make_scenes(CLI::App& app, int& exit_code) {
  auto flags = std::make_shared<SceneFlags>();
  CLI::App* command =
      app.add_subcommand("make-scenes", "Compose scenes of real objects on photographs: boxes, masks, label maps known exactly");
  command->footer(
      "Example:\n  fovea make-scenes --out scenes/test --count 500 --split test --seed 7\n\n"
      "Needs Debian's dataset-fashion-mnist and opencv-doc, or --objects and --backgrounds of your own.");
  command->add_option("--out", flags->out, "folder for images/, labels/, annotations/instances.json, scenes.json")->required();
  command->add_option("--count", flags->set.count, "scenes")->capture_default_str();
  command->add_option("--split", flags->set.split, "train, val or test: of objects and photographs")->capture_default_str();
  command->add_option("--objects", flags->set.objects, "idx:DIR or folder:DIR of grey objects on black")->capture_default_str();
  command->add_option("--names", flags->set.names, "file with one class name per line, for objects without names");
  command->add_option("--backgrounds", flags->set.backgrounds, "folder, picture or .txt list of photographs")->capture_default_str();
  command->add_option("--size", flags->size, "of the scenes, N or WxH")->capture_default_str();
  command->add_option("--min-objects", flags->set.min_objects, "of a scene, at least")->capture_default_str();
  command->add_option("--max-objects", flags->set.max_objects, "of a scene, at most")->capture_default_str();
  flags->shared.add_to(*command);
  command->callback([flags, &exit_code] { exit_code = run_make_scenes(*flags); });
}

}  // namespace fovea::cli
