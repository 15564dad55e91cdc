#include "fovea/pipelines/detection_run.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <nlohmann/json.hpp>

#include "detection_journal.hpp"
#include "detection_results.hpp"
#include "fovea/base/checksum.hpp"
#include "fovea/base/error.hpp"
#include "fovea/base/file.hpp"
#include "fovea/base/json_line.hpp"
#include "fovea/base/version.hpp"
#include "fovea/kernels/context.hpp"
#include "fovea/vision/image_writer.hpp"
#include "loaded_files.hpp"
#include "result_names.hpp"

namespace fovea {

namespace fs = std::filesystem;

namespace {

/// Everything that decides what the results are: a run goes on only with results of the same.
std::string task_line(const DetectionPipeline& pipeline, std::span<const fs::path> files, const DetectionRunOptions& options) {
  Checksum list;
  for (const fs::path& file : files) {
    list.add(file.string());
    list.add("\n");
  }
  const DetectionOptions& o = pipeline.options();
  Json task = {{"model", options.model},
               {"model_checksum", fs::is_regular_file(options.model) ? checksum(read_text_file(options.model)) : 0},
               {"engine", options.engine},
               {"confidence", o.confidence},
               {"iou", o.suppression.threshold},
               {"max_boxes", o.suppression.max_boxes},
               {"classes", o.classes},
               {"tile", {o.tiles.size.width, o.tiles.size.height, o.tiles.overlap}},
               {"overlays", options.overlays},
               {"text", options.text},
               {"files", files.size()},
               {"files_checksum", list.value()},
               {"fovea_version", version()}};
  return json_line(task);
}

/// Where the picture and the text of an image go.
struct Places {
  fs::path overlay, text;
};

class DetectionRun {
 public:
  DetectionRun(const DetectionPipeline& pipeline, std::span<const fs::path> files, const DetectionRunOptions& options)
      : pipeline_(pipeline),
        options_(options),
        files_(files),
        journal_(options.out / "progress.jsonl", task_line(pipeline, files, options)) {
    ResultNames names(options.base);
    for (const fs::path& file : files) {
      const std::string name = names.next(file), extension = file.extension().string();
      const bool keeps = extension == ".png" || extension == ".jpg" || extension == ".jpeg";
      places_.push_back({options.out / "overlays" / (name + (keeps ? extension : ".png")), options.out / "labels" / (name + ".txt")});
    }
  }

  DetectionRunSummary run() {
    const auto start = std::chrono::steady_clock::now();
    const auto done = static_cast<std::size_t>(std::min<std::int64_t>(journal_.done(), std::ssize(files_)));
    const auto loader = load_files(files_.subspan(done), {.batch = options_.batch, .workers = options_.workers});
    std::size_t next = done;
    for (std::int64_t batch = 0; batch < loader->batches(); ++batch) {
      const std::vector<LoadedFile> loaded = loader->next();
      take(loaded, next);
      next += loaded.size();
    }
    DetectionRunSummary summary;
    summary.resumed = static_cast<std::int64_t>(done);
    summary.detections = write_detection_files(journal_.path(), options_.out, options_.base, pipeline_.labels());
    summary.failures = count_lines(options_.out / "failed.jsonl");
    summary.images = std::ssize(files_) - summary.failures;
    summary.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    write_manifest(summary);
    fs::remove(journal_.path());
    return summary;
  }

 private:
  static std::int64_t count_lines(const fs::path& path) {
    const std::string text = read_text_file(path);
    return std::count(text.begin(), text.end(), '\n');
  }

  /// One batch: its lines are appended only when its pictures are written, so that what the journal names is complete.
  void take(const std::vector<LoadedFile>& loaded, std::size_t first) {
    const std::vector<Detections> results = pipeline_.run(images_of(loaded));
    std::vector<std::string> lines(loaded.size());
    std::vector<std::size_t> result_of(loaded.size());
    std::size_t usable = 0;
    for (std::size_t i = 0; i < loaded.size(); ++i) result_of[i] = loaded[i].image.empty() ? 0 : usable++;
    parallel_for(kernels::Context::current().threads(), std::ssize(loaded), 1, [&](std::int64_t at, std::int64_t) {
      const auto i = static_cast<std::size_t>(at);
      lines[i] = loaded[i].image.empty() ? failure(loaded[i].file, loaded[i].reason)
                                         : result(loaded[i], results[result_of[i]], places_[first + i]);
    });
    std::string all;
    for (const std::string& line : lines) all += line;
    journal_.append(all);
  }

  static std::string failure(const fs::path& file, const std::string& reason) {
    return json_line({{"file", file.string()}, {"reason", reason}});
  }

  /// The image's line; a picture that cannot be written makes it a failure.
  std::string result(const LoadedFile& loaded, const Detections& found, const Places& places) const {
    try {
      if (options_.overlays) save_image(places.overlay, draw(loaded.image, found));
      if (options_.text) write_file(places.text, to_yolo_text(loaded.image.size(), found));
      return to_json_line(loaded.file, loaded.image.size(), found);
    } catch (const Error& error) {
      return failure(loaded.file, error.what());
    }
  }

  void write_manifest(const DetectionRunSummary& summary) const {
    const DetectionOptions& o = pipeline_.options();
    write_json_file(options_.out / "manifest.json", {{"task", "detect"},
                                                     {"model", options_.model},
                                                     {"engine", options_.engine},
                                                     {"fovea_version", version()},
                                                     {"confidence", o.confidence},
                                                     {"iou", o.suppression.threshold},
                                                     {"max_boxes", o.suppression.max_boxes},
                                                     {"classes", o.classes},
                                                     {"tile", {o.tiles.size.width, o.tiles.size.height}},
                                                     {"tile_overlap", o.tiles.overlap},
                                                     {"images", summary.images},
                                                     {"failures", summary.failures},
                                                     {"detections", summary.detections},
                                                     {"seconds", summary.seconds},
                                                     {"overlays", options_.overlays}});
  }

  const DetectionPipeline& pipeline_;
  const DetectionRunOptions& options_;
  std::span<const fs::path> files_;
  DetectionJournal journal_;
  std::vector<Places> places_;
};

}  // namespace

DetectionRunSummary run_detector(const DetectionPipeline& pipeline, std::span<const fs::path> files, const DetectionRunOptions& options) {
  return DetectionRun(pipeline, files, options).run();
}

}  // namespace fovea
