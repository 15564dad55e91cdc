#include "fovea/pipelines/prediction_writer.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <opencv2/imgproc.hpp>

#include "fovea/base/error.hpp"
#include "fovea/base/json.hpp"
#include "fovea/base/json_line.hpp"
#include "fovea/base/text.hpp"
#include "fovea/base/version.hpp"
#include "fovea/pipelines/class_folder.hpp"
#include "fovea/vision/image_writer.hpp"
#include "fovea/vision/overlay.hpp"
#include "result_names.hpp"

namespace fovea {

namespace fs = std::filesystem;

namespace {

constexpr std::int64_t kSheetTiles = 64;
const cv::Scalar kRight{96, 160, 48}, kWrong{56, 56, 216}, kUnknown{130, 130, 130};

/// Small enough to keep 64 of them.
cv::Mat thumbnail(const cv::Mat& image, int side) {
  const double scale = static_cast<double>(side) / std::max(image.cols, image.rows);
  if (scale >= 1) return image.clone();
  const cv::Size size(std::max(1, static_cast<int>(image.cols * scale)), std::max(1, static_cast<int>(image.rows * scale)));
  cv::Mat small;
  cv::resize(image, small, size, 0, 0, cv::INTER_AREA);
  return small;
}

/// Green or red where the folder says what the image shows, grey elsewhere.
cv::Scalar verdict_colour(const fs::path& file, const Classification& result) {
  const std::string folder = file.parent_path().filename().string();
  if (folder == class_folder(result.label)) return kRight;
  const bool is_class =
      std::any_of(result.labels.begin(), result.labels.end(), [&](const std::string& label) { return class_folder(label) == folder; });
  return is_class ? kWrong : kUnknown;
}

}  // namespace

PredictionWriter::PredictionWriter(const PredictionWriterOptions& options)
    : options_(options),
      jsonl_(options.out / "predictions.jsonl"),
      csv_(options.out / "predictions.csv"),
      failed_(options.out / "failed.jsonl") {
  csv_.append("file,index,label,score\n");
}

fs::path PredictionWriter::overlay_path(const fs::path& file) const {
  fs::path name = name_below(options_.base, file);
  const std::string extension = file.extension().string();
  if (extension != ".png" && extension != ".jpg" && extension != ".jpeg") name += ".png";
  return options_.out / "overlays" / name;
}

void PredictionWriter::add_tile(const fs::path& file, const cv::Mat& image, const Classification& result) {
  const auto taken = static_cast<std::int64_t>(tiles_.size());
  const std::int64_t due = options_.expected > kSheetTiles ? seen_ * kSheetTiles / options_.expected : seen_;  // tiles before this image
  ++seen_;
  if (taken > due || taken >= kSheetTiles) return;
  tiles_.push_back({.image = thumbnail(image, ContactSheetOptions{}.tile_side),
                    .caption = fmt::format("{} {:.0f}%", result.label, 100 * result.score),
                    .colour = verdict_colour(file, result)});
}

void PredictionWriter::write(const fs::path& file, const cv::Mat& image, const Classification& result) {
  Json ranked = Json::array();
  for (const RankedLabel& entry : result.top(options_.top))
    ranked.push_back({{"index", entry.index}, {"label", entry.label}, {"score", entry.score}});
  jsonl_.append(
      json_line({{"file", file.string()}, {"index", result.index}, {"label", result.label}, {"score", result.score}, {"top", ranked}}));
  csv_.append(fmt::format("{},{},{},{}\n", csv_field(file.string()), result.index, csv_field(result.label), result.score));
  add_tile(file, image, result);
  if (!options_.overlays) return;
  try {
    save_image(overlay_path(file), draw_caption(image, fmt::format("{} {:.1f}%", result.label, 100 * result.score)));
  } catch (const Error& error) {  // the prediction stands: a picture of it that cannot be written does not end the run
    fail(file, fmt::format("was classified, but its overlay could not be written: {}", error.what()));
  }
}

void PredictionWriter::fail(const fs::path& file, const std::string& reason) {
  failed_.append(json_line({{"file", file.string()}, {"reason", reason}}));
}

void PredictionWriter::finish(const DirectoryRunSummary& summary, const std::string& model) {
  jsonl_.commit();
  csv_.commit();
  failed_.commit();
  if (!tiles_.empty()) save_image(options_.out / "contact_sheet.png", draw_contact_sheet({}, tiles_));
  write_json_file(options_.out / "manifest.json", {{"task", "classify"},
                                                   {"model", model},
                                                   {"fovea_version", version()},
                                                   {"images", summary.images},
                                                   {"failures", summary.failures},
                                                   {"seconds", summary.seconds},
                                                   {"overlays", options_.overlays}});
}

}  // namespace fovea
