#include "fovea/pipelines/detection_run.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <nlohmann/json.hpp>

#include "detection_input.hpp"
#include "detection_journal.hpp"
#include "detection_results.hpp"
#include "fovea/base/checksum.hpp"
#include "fovea/base/error.hpp"
#include "fovea/base/file.hpp"
#include "fovea/base/json_line.hpp"
#include "fovea/base/version.hpp"
#include "fovea/kernels/context.hpp"
#include "fovea/vision/image_loader.hpp"
#include "fovea/vision/image_writer.hpp"

namespace fovea {

namespace fs = std::filesystem;

namespace {

/// Everything that decides what the results are: a run goes on only with results of the same.
std::string task_line(const DetectionPipeline& pipeline, const DetectionInput& input, const DetectionRunOptions& options) {
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
               {"fovea_version", version()}};
  task.update(input.facts());
  return json_line(task);
}

class DetectionRun {
 public:
  DetectionRun(const DetectionPipeline& pipeline, DetectionInput& input, const DetectionRunOptions& options)
      : pipeline_(pipeline),
        options_(options),
        input_(input),
        journal_(options.out / "progress.jsonl", task_line(pipeline, input, options)) {}

  /// Leaves the journal, so that what is still to do with the overlays can be done again.
  DetectionRunSummary run() {
    const auto start = std::chrono::steady_clock::now();
    DetectionRunSummary summary;
    summary.resumed = journal_.done();
    input_.skip(summary.resumed);
    std::int64_t done = 0;
    while (!options_.stop.requested()) {
      const std::vector<InputPicture> pictures = input_.next();
      if (pictures.empty()) break;
      take(pictures);
      done += std::ssize(pictures);
      if (options_.progress) options_.progress(done, std::max<std::int64_t>(0, input_.expected() - summary.resumed));
    }
    const DetectionCounts counts = write_detection_files(journal_.path(), options_.out, options_.base, pipeline_.labels());
    summary.images = counts.images;
    summary.failures = counts.failures;
    summary.detections = counts.detections;
    summary.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    return summary;
  }

  void finish(const DetectionRunSummary& summary) {
    write_manifest(summary);
    fs::remove(journal_.path());
  }

 private:
  /// One batch: its lines are appended only when its pictures are written, so that what the journal names is complete.
  void take(const std::vector<InputPicture>& pictures) {
    std::vector<cv::Mat> images;
    std::vector<std::size_t> result_of(pictures.size());
    for (std::size_t i = 0; i < pictures.size(); ++i) {
      result_of[i] = images.size();
      if (!pictures[i].loaded.image.empty()) images.push_back(pictures[i].loaded.image);
    }
    const std::vector<Detections> results = pipeline_.run(images);
    std::vector<std::string> lines(pictures.size());
    parallel_for(kernels::Context::current().threads(), std::ssize(pictures), 1, [&](std::int64_t at, std::int64_t) {
      const auto i = static_cast<std::size_t>(at);
      const LoadedFile& loaded = pictures[i].loaded;
      lines[i] = loaded.image.empty() ? failure(loaded.file, loaded.reason) : result(pictures[i], results[result_of[i]]);
    });
    std::string all;
    for (const std::string& line : lines) all += line;
    journal_.append(all);
  }

  static std::string failure(const fs::path& file, const std::string& reason) {
    return json_line({{"file", file.string()}, {"reason", reason}});
  }

  /// The picture's line; an overlay that cannot be written makes it a failure.
  std::string result(const InputPicture& picture, const Detections& found) const {
    const cv::Mat& image = picture.loaded.image;
    try {
      if (options_.overlays) save_image(options_.out / "overlays" / (picture.name + picture.overlay_extension), draw(image, found));
      if (options_.text) write_file(options_.out / "labels" / (picture.name + ".txt"), to_yolo_text(image.size(), found));
      return to_json_line(picture.loaded.file, picture.frame, image.size(), found);
    } catch (const Error& error) {
      return failure(picture.loaded.file, error.what());
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
  DetectionInput& input_;
  DetectionJournal journal_;
};

/// The pictures of the frames as one video in their place. Where one is missing nothing is done: an earlier run was interrupted between
/// writing the video and removing them.
void join_overlays(const Video& video, const fs::path& folder, std::int64_t frames) {
  const auto picture = [&](std::int64_t frame) { return folder / (frame_name(video.name(), frame) + ".jpg"); };
  for (std::int64_t i = 0; i < frames; ++i)
    if (!fs::exists(picture(i))) return;
  if (frames == 0) return;
  std::int64_t next = 0;
  write_video((folder / (video.name() + ".avi")).string(), video.frames_per_second(),
              [&] { return next < frames ? load_image(picture(next++)) : cv::Mat(); });
  for (std::int64_t i = 0; i < frames; ++i) fs::remove(picture(i));
}

}  // namespace

DetectionRunSummary run_detector(const DetectionPipeline& pipeline, std::span<const fs::path> files, const DetectionRunOptions& options) {
  const auto input = make_file_input(files, options);
  DetectionRun run(pipeline, *input, options);
  const DetectionRunSummary summary = run.run();
  run.finish(summary);
  return summary;
}

DetectionRunSummary run_detector(const DetectionPipeline& pipeline, Video& video, const DetectionRunOptions& options) {
  if (video.is_camera()) fs::remove(options.out / "progress.jsonl");
  const auto input = make_video_input(video, options);
  DetectionRun run(pipeline, *input, options);
  const DetectionRunSummary summary = run.run();
  if (options.overlays) join_overlays(video, options.out / "overlays", summary.images);
  run.finish(summary);
  return summary;
}

}  // namespace fovea
