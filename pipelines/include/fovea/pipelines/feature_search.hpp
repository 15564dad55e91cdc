// Images that look alike to a network.
#pragma once

#include <filesystem>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "fovea/base/json.hpp"
#include "fovea/classification/nearest_neighbors.hpp"
#include "fovea/pipelines/directory_run.hpp"

namespace fovea {

/// The features of image files.
struct FeatureTable {
  std::vector<std::filesystem::path> files;                           ///< that could be used
  Tensor features;                                                    ///< [files, D] f32
  std::vector<std::pair<std::filesystem::path, std::string>> failed;  ///< files that could not be used, and why
};

/// ClassificationPipeline::features() of every file, with `layer` as there. Memory: a few batches of images, and the features.
FeatureTable extract_features(const ClassificationPipeline& pipeline, std::span<const std::filesystem::path> files,
                              const std::string& layer, const DirectoryRunOptions& options = {});

struct FeatureSearchOptions {
  std::int64_t count = 5;  ///< neighbours of every query, or as many as there are
  NeighborMetric metric = NeighborMetric::cosine;
};

/// The nearest of the collection's images for every query. With `queries` null each image of the collection is a query, and not its own
/// neighbour.
struct FeatureSearchResult {
  std::filesystem::path query;
  std::vector<std::pair<std::filesystem::path, float>> neighbors;  ///< nearest first, with their distances
};
std::vector<FeatureSearchResult> search_features(const FeatureTable& collection, const FeatureTable* queries,
                                                 const FeatureSearchOptions& options);

/// Writes into `out`: neighbors.jsonl (a line per query), neighbors.png (a row per query: itself, then its neighbours; the first 12
/// queries), features.safetensors ("features" [images, D], in the order of files.txt), failed.jsonl.
void write_feature_search(const std::filesystem::path& out, const FeatureTable& collection, const FeatureTable* queries,
                          const std::vector<FeatureSearchResult>& results);

}  // namespace fovea
