// fovea propose: where objects might be.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "fovea/base/error.hpp"
#include "fovea/base/text.hpp"
#include "fovea/pipelines/proposal_run.hpp"
#include "fovea/proposals/selective_search.hpp"
#include "fovea/proposals/sliding_window.hpp"
#include "shared_options.hpp"

namespace fovea::cli {

namespace {

namespace fs = std::filesystem;

struct ProposeFlags {
  SharedOptions shared;
  std::string images, out, method = "selective-search", preset = "fast", overlays;
  std::int64_t max_boxes = 2000, overlay_boxes = 20;
  double min_side = SelectiveSearchOptions{}.min_side;
  SlidingWindowOptions windows;
  int workers = 1;
};

std::unique_ptr<ProposalSource> make_source(const ProposeFlags& flags) {
  const std::uint64_t seed = flags.shared.seed.value_or(0);
  if (flags.method == "selective-search") {
    SelectiveSearchOptions options = selective_search_preset(flags.preset);
    options.max_boxes = flags.max_boxes;
    options.min_side = flags.min_side;
    options.seed = seed;
    return std::make_unique<SelectiveSearch>(options, std::make_shared<const Threads>(flags.shared.threads));
  }
  if (flags.method != "sliding-window") {
    const std::vector<std::string> known = {"selective-search", "sliding-window"};
    throw OptionError(unknown_name_message("--method", flags.method, known));
  }
  SlidingWindowOptions options = flags.windows;
  options.max_boxes = flags.max_boxes;
  options.seed = seed;
  return std::make_unique<SlidingWindows>(options);
}

Json settings(const ProposeFlags& flags) {
  Json json = {{"method", flags.method}};
  if (flags.method == "selective-search")
    json.update({{"preset", flags.preset}, {"min_side", flags.min_side}});
  else
    json.update({{"sizes", flags.windows.sizes},
                 {"aspects", flags.windows.aspects},
                 {"stride", flags.windows.stride},
                 {"pyramid", flags.windows.pyramid}});
  json.update({{"max_boxes", flags.max_boxes}, {"seed", flags.shared.seed.value_or(0)}});
  return json;
}

int run(const ProposeFlags& flags) {
  flags.shared.make_context();  // checks what all verbs check
  const std::unique_ptr<ProposalSource> source = make_source(flags);
  const std::vector<fs::path> files = find_images(flags.images);
  const DirectoryRunSummary summary = run_proposals(*source, settings(flags), files,
                                                    {.out = flags.out,
                                                     .overlays = flags.overlays,
                                                     .base = folder_of(flags.images),
                                                     .overlay_boxes = flags.overlay_boxes,
                                                     .workers = flags.workers});
  flags.shared.log(
      fmt::format("{} images, {} failed, {:.2f} s; proposals in {}", summary.images, summary.failures, summary.seconds, flags.out));
  return report_run(flags.shared, summary, flags.out);
}

}  // namespace

void add_propose(CLI::App& app, int& exit_code) {
  auto flags = std::make_shared<ProposeFlags>();
  CLI::App* command = app.add_subcommand("propose", "Find boxes that may hold objects");
  command->footer(
      "Example:\n  fovea propose --images photos/ --preset fast --max-boxes 2000 --out proposals.json --overlays boxes/\n\n"
      "Writes one JSON file: for every image its boxes [x1, y1, x2, y2] with scores, best first.");
  command->add_option("--images", flags->images, "folder, image, or .txt list of images")->required();
  command->add_option("--out", flags->out, "JSON file")->required();
  command->add_option("--method", flags->method, "selective-search or sliding-window")->capture_default_str();
  command->add_option("--preset", flags->preset, "selective search: single, fast or quality")->capture_default_str();
  command->add_option("--max-boxes", flags->max_boxes, "boxes per image; 0: all")->check(CLI::NonNegativeNumber)->capture_default_str();
  command->add_option("--min-side", flags->min_side, "selective search: narrower boxes are left out, pixels")->capture_default_str();
  command->add_option("--sizes", flags->windows.sizes, "sliding window: smallest windows, square roots of areas")->delimiter(',');
  command->add_option("--aspects", flags->windows.aspects, "sliding window: widths / heights")->delimiter(',');
  command->add_option("--stride", flags->windows.stride, "sliding window: step as a share of the side")->capture_default_str();
  command->add_option("--pyramid", flags->windows.pyramid, "sliding window: growth from level to level; 1: one level")
      ->capture_default_str();
  command->add_option("--overlays", flags->overlays, "folder for pictures of the first boxes");
  command->add_option("--overlay-boxes", flags->overlay_boxes, "boxes in each picture")->check(CLI::PositiveNumber)->capture_default_str();
  command->add_option("--workers", flags->workers, "threads that load images")->check(CLI::NonNegativeNumber);
  flags->shared.add_to(*command);
  command->callback([flags, &exit_code] { exit_code = run(*flags); });
}

}  // namespace fovea::cli
