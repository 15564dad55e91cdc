#include "fovea/pipelines/feature_search.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <opencv2/core.hpp>

#include "fovea/base/error.hpp"
#include "fovea/base/file.hpp"
#include "fovea/base/json_line.hpp"
#include "fovea/interchange/safetensors.hpp"
#include "fovea/vision/contact_sheet.hpp"
#include "fovea/vision/image_loader.hpp"
#include "fovea/vision/image_writer.hpp"
#include "loaded_files.hpp"

namespace fovea {

namespace fs = std::filesystem;

namespace {

constexpr std::size_t kSheetRows = 12;

Tensor joined(const std::vector<Tensor>& parts, std::int64_t rows) {
  if (parts.empty()) return Tensor::empty({0, 0});
  Tensor all = Tensor::empty({rows, parts.front().extent(1)});
  std::int64_t filled = 0;
  for (const Tensor& part : parts) {
    all.slice(filled, filled + part.extent(0)).copy_(part);
    filled += part.extent(0);
  }
  return all;
}

/// A row per query.
void draw_sheet(const fs::path& file, const std::vector<FeatureSearchResult>& results) {
  ContactSheetOptions options;
  std::vector<Tile> tiles;
  for (std::size_t row = 0; row < std::min(results.size(), kSheetRows); ++row) {
    options.columns = static_cast<int>(1 + results[row].neighbors.size());
    tiles.push_back({.image = load_image(results[row].query), .caption = "query", .colour = {200, 120, 40}});
    for (const auto& [neighbor, distance] : results[row].neighbors)
      tiles.push_back({.image = load_image(neighbor), .caption = fmt::format("{:.4g}", distance)});
  }
  if (!tiles.empty()) save_image(file, draw_contact_sheet(options, tiles));
}

}  // namespace

FeatureTable extract_features(const ClassificationPipeline& pipeline, std::span<const fs::path> files, const std::string& layer,
                              const DirectoryRunOptions& options) {
  FeatureTable table;
  std::vector<Tensor> parts;
  const auto loader = load_files(files, options);
  for (std::int64_t batch = 0; batch < loader->batches(); ++batch) {
    const std::vector<LoadedFile> loaded = loader->next();
    for (const LoadedFile& entry : loaded) {
      if (entry.image.empty())
        table.failed.emplace_back(entry.file, entry.reason);
      else
        table.files.push_back(entry.file);
    }
    if (const std::vector<cv::Mat> images = images_of(loaded); !images.empty()) parts.push_back(pipeline.features(images, layer));
  }
  table.features = joined(parts, static_cast<std::int64_t>(table.files.size()));
  return table;
}

std::vector<FeatureSearchResult> search_features(const FeatureTable& collection, const FeatureTable* queries,
                                                 const FeatureSearchOptions& options) {
  if (options.count < 1) throw OptionError(fmt::format("at least 1 neighbour, found {}", options.count));
  const FeatureTable& asked = queries != nullptr ? *queries : collection;
  const auto images = static_cast<std::int64_t>(collection.files.size());
  const std::int64_t k = std::min(options.count + (queries == nullptr ? 1 : 0), images);  // one more: itself
  std::vector<FeatureSearchResult> results;
  if (asked.files.empty() || k == 0) return results;
  const Neighbors found = nearest_neighbors(asked.features, collection.features, k, options.metric);
  for (std::size_t row = 0; row < asked.files.size(); ++row) {
    FeatureSearchResult result{.query = asked.files[row], .neighbors = {}};
    for (std::int64_t rank = 0; rank < k && static_cast<std::int64_t>(result.neighbors.size()) < options.count; ++rank) {
      const std::int64_t place = static_cast<std::int64_t>(row) * k + rank;
      const auto index = static_cast<std::size_t>(found.indices.data<std::int64_t>()[place]);
      if (queries == nullptr && index == row) continue;
      result.neighbors.emplace_back(collection.files[index], found.distances.data<float>()[place]);
    }
    results.push_back(std::move(result));
  }
  return results;
}

void write_feature_search(const fs::path& out, const FeatureTable& collection, const FeatureTable* queries,
                          const std::vector<FeatureSearchResult>& results) {
  make_folder(out);
  FileWriter lines(out / "neighbors.jsonl"), failed(out / "failed.jsonl"), files(out / "files.txt");
  for (const FeatureSearchResult& result : results) {
    Json neighbors = Json::array();
    for (const auto& [file, distance] : result.neighbors) neighbors.push_back({{"file", file.string()}, {"distance", distance}});
    lines.append(json_line({{"file", result.query.string()}, {"neighbors", neighbors}}));
  }
  for (const FeatureTable* table : {&collection, queries})
    if (table != nullptr)
      for (const auto& [file, reason] : table->failed) failed.append(json_line({{"file", file.string()}, {"reason", reason}}));
  for (const fs::path& file : collection.files) files.append(file.string() + "\n");
  write_safetensors(out / "features.safetensors", {.tensors = {{"features", collection.features}}, .metadata = {}});
  lines.commit();
  failed.commit();
  files.commit();
  draw_sheet(out / "neighbors.png", results);
}

}  // namespace fovea
