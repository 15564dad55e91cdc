// A classification run's files.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "fovea/base/file.hpp"
#include "fovea/pipelines/directory_run.hpp"
#include "fovea/vision/contact_sheet.hpp"

namespace fovea {

struct PredictionWriterOptions {
  std::filesystem::path out;   ///< the results folder
  std::filesystem::path base;  ///< overlays are named by the path below this folder
  std::int64_t top = 5;        ///< ranked classes per image in predictions.jsonl
  bool overlays = true;
  std::int64_t expected = 0;  ///< how many files will come, so that the contact sheet can be spread over them; 0: its first 64
};

/// Writes into `out`: predictions.jsonl and predictions.csv (one line an image), failed.jsonl (file and reason), overlays/ (each image with
/// its class and probability), contact_sheet.png (64, evenly spread; a frame is green or red where the image's folder is named after a
/// class) and manifest.json. Every file appears under its name only when it is complete: call finish() at the end.
class PredictionWriter final : public ClassificationWriter {
 public:
  explicit PredictionWriter(const PredictionWriterOptions& options);
  void write(const std::filesystem::path& file, const cv::Mat& image, const Classification& result) override;
  void fail(const std::filesystem::path& file, const std::string& reason) override;
  /// `model` is the model's path, for the manifest.
  void finish(const DirectoryRunSummary& summary, const std::string& model);

 private:
  void add_tile(const std::filesystem::path& file, const cv::Mat& image, const Classification& result);
  std::filesystem::path overlay_path(const std::filesystem::path& file) const;

  PredictionWriterOptions options_;
  FileWriter jsonl_, csv_, failed_;
  std::vector<Tile> tiles_;
  std::int64_t seen_ = 0;
};

}  // namespace fovea
