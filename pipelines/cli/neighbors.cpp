// fovea neighbors: images that look alike to a network.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <optional>

#include "fovea/base/version.hpp"
#include "fovea/pipelines/feature_search.hpp"
#include "shared_options.hpp"

namespace fovea::cli {

namespace {

namespace fs = std::filesystem;

struct NeighborsFlags {
  SharedOptions shared;
  std::string model, images, queries, layer, metric = "cosine", out;
  std::int64_t count = 5;
  DirectoryRunOptions run;
};

int run_neighbors(const NeighborsFlags& flags) {
  const auto context = flags.shared.make_context();
  const kernels::ContextGuard guard(*context);
  const FeatureSearchOptions options{.count = flags.count, .metric = neighbor_metric_from(flags.metric)};
  ClassificationPipeline pipeline = ClassificationPipeline::load(flags.model);
  pipeline.set_precision(flags.shared.activation_type());
  const std::vector<fs::path> files = find_images(flags.images);
  const FeatureTable collection = extract_features(pipeline, files, flags.layer, flags.run);
  std::optional<FeatureTable> queries;
  if (!flags.queries.empty()) queries = extract_features(pipeline, find_images(flags.queries), flags.layer, flags.run);
  const FeatureTable* const asked = queries ? &*queries : nullptr;
  const std::vector<FeatureSearchResult> results = search_features(collection, asked, options);
  write_feature_search(flags.out, collection, asked, results);
  const std::size_t failures = collection.failed.size() + (queries ? queries->failed.size() : 0);
  flags.shared.log(fmt::format("{} images with {} features each, {} queries, {} files failed; results in {}", collection.files.size(),
                               collection.features.extent(1), results.size(), failures, flags.out));
  flags.shared.write_json(to_text({{"count", collection.files.size()},
                                   {"queries", results.size()},
                                   {"features", collection.features.extent(1)},
                                   {"failures", failures},
                                   {"model", flags.model},
                                   {"fovea_version", version()}}));
  if (results.empty()) return kUnusable;
  return failures == 0 ? kAllDone : kSomeInputsFailed;
}

}  // namespace

void add_neighbors(CLI::App& app, int& exit_code) {
  auto flags = std::make_shared<NeighborsFlags>();
  CLI::App* command = app.add_subcommand("neighbors", "Find the images that look most alike to a trained network");
  command->footer(
      "Example:\n  fovea neighbors --model runs/fashion/weights/best.fovea --images photos/ --queries shirt.png --out alike/\n\n"
      "Writes neighbors.jsonl, neighbors.png, features.safetensors with files.txt, and failed.jsonl.");
  command->add_option("--model", flags->model, "model file")->required();
  command->add_option("--images", flags->images, "the collection: folder, image, or .txt list of images")->required();
  command->add_option("--queries", flags->queries,
                      "whose neighbours are wanted, in the same forms; left out: every image of the collection");
  command->add_option("--layer", flags->layer, "a layer by name (fovea inspect lists them); left out: what the last layer gets");
  command->add_option("--metric", flags->metric, "cosine, l2 or l1")->capture_default_str();
  command->add_option("--count", flags->count, "neighbours per query")->check(CLI::PositiveNumber)->capture_default_str();
  command->add_option("--out", flags->out, "results folder")->required();
  command->add_option("--batch", flags->run.batch, "images at a time; does not change the result")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  command->add_option("--workers", flags->run.workers, "threads that load images")->check(CLI::NonNegativeNumber);
  flags->shared.add_to(*command);
  command->callback([flags, &exit_code] { exit_code = run_neighbors(*flags); });
}

}  // namespace fovea::cli
