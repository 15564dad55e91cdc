// fovea superpixels: images in pieces.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "fovea/base/error.hpp"
#include "fovea/base/text.hpp"
#include "fovea/base/version.hpp"
#include "fovea/pipelines/superpixel_run.hpp"
#include "shared_options.hpp"

namespace fovea::cli {

namespace {

namespace fs = std::filesystem;

struct SuperpixelFlags {
  SharedOptions shared;
  std::string images, out, method = "felzenszwalb";
  FelzenszwalbOptions felzenszwalb;
  SlicOptions slic;
  bool squared = false, no_pictures = false;
  int workers = 1;
};

std::variant<FelzenszwalbOptions, SlicOptions> method_of(const SuperpixelFlags& flags) {
  if (flags.method == "slic") return flags.slic;
  if (flags.method != "felzenszwalb") {
    const std::vector<std::string> known = {"felzenszwalb", "slic"};
    throw OptionError(unknown_name_message("--method", flags.method, known));
  }
  FelzenszwalbOptions options = flags.felzenszwalb;
  if (flags.squared) options.graph.distance = PixelGraphOptions::Distance::squared;
  return options;
}

int run(const SuperpixelFlags& flags) {
  const auto context = flags.shared.make_context();
  const std::vector<fs::path> files = find_images(flags.images);
  const DirectoryRunSummary summary = run_superpixels(files,
                                                      {.method = method_of(flags),
                                                       .out = flags.out,
                                                       .base = folder_of(flags.images),
                                                       .pictures = !flags.no_pictures,
                                                       .workers = flags.workers},
                                                      context->threads());
  flags.shared.log(
      fmt::format("{} images segmented, {} failed, {:.2f} s; results in {}", summary.images, summary.failures, summary.seconds, flags.out));
  return report_run(flags.shared, summary, fs::path(flags.out) / "failed.jsonl");
}

}  // namespace

void add_superpixels(CLI::App& app, int& exit_code) {
  auto flags = std::make_shared<SuperpixelFlags>();
  CLI::App* command = app.add_subcommand("superpixels", "Cut images into regions that follow their edges");
  command->footer(
      "Example:\n  fovea superpixels --images photos/ --method felzenszwalb --scale 200 --out pieces/\n\n"
      "Writes labels/ (16-bit PNG), boundaries/, means/, regions/ (CSV), failed.jsonl and manifest.json.");
  command->add_option("--images", flags->images, "folder, image, or .txt list of images")->required();
  command->add_option("--out", flags->out, "results folder")->required();
  command->add_option("--method", flags->method, "felzenszwalb or slic")->capture_default_str();
  command->add_option("--scale", flags->felzenszwalb.scale, "felzenszwalb: k; larger gives larger regions")->capture_default_str();
  command->add_option("--sigma", flags->felzenszwalb.graph.sigma, "felzenszwalb: smoothing before, pixels")->capture_default_str();
  command->add_option("--min-size", flags->felzenszwalb.min_size, "felzenszwalb: smallest region, pixels")->capture_default_str();
  command->add_option("--neighbours", flags->felzenszwalb.graph.neighbours, "felzenszwalb: of a pixel, 4 or 8")->capture_default_str();
  command->add_flag("--squared", flags->squared, "felzenszwalb: squared distances of colours, as in lecture notes");
  command->add_option("--segments", flags->slic.segments, "slic: about how many regions")->capture_default_str();
  command->add_option("--compactness", flags->slic.compactness, "slic: weight of place against colour")->capture_default_str();
  command->add_flag("--zero-parameter", flags->slic.zero_parameter, "slic: find the compactness for each region");
  command->add_flag("--no-pictures", flags->no_pictures, "only labels and regions");
  command->add_option("--workers", flags->workers, "threads that load images")->check(CLI::NonNegativeNumber);
  flags->shared.add_to(*command);
  command->callback([flags, &exit_code] { exit_code = run(*flags); });
}

}  // namespace fovea::cli
