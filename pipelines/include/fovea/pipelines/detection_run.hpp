// A detector on a folder of images, or on a video.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <span>
#include <string>

#include "fovea/base/stop_token.hpp"
#include "fovea/pipelines/detection_pipeline.hpp"
#include "fovea/pipelines/directory_run.hpp"
#include "fovea/pipelines/video.hpp"

namespace fovea {

struct DetectionRunOptions {
  std::filesystem::path out;   ///< the results folder
  std::filesystem::path base;  ///< overlays and text files are named by the path below this folder
  std::string model;           ///< its path, for the manifest
  std::string engine;          ///< likewise
  std::int64_t batch = 16;     ///< images at a time; does not change a result
  int workers = 1;             ///< threads that load images ahead
  bool overlays = true;
  bool text = false;             ///< labels/: YOLO's text files with a sixth number, the score
  std::int64_t most_frames = 0;  ///< of a video: its first ones; 0: all
  StopToken stop;                ///< of a video: asks the run to end as if the video did
  /// Called now and then with the pictures that this run has done, and with how many there are in all (0: unknown) but for those that an
  /// earlier run has done.
  std::function<void(std::int64_t done, std::int64_t expected)> progress;
};

struct DetectionRunSummary : DirectoryRunSummary {
  std::int64_t resumed = 0;     ///< of the images and failures: done by an earlier run that was interrupted
  std::int64_t detections = 0;  ///< in all images
};

/// Writes into `out`: predictions.jsonl (a line an image: file, width, height, detections), predictions.csv (a line a detection),
/// predictions.coco.json (COCO's form with scores, images by file name), overlays/, labels/, failed.jsonl (file and reason) and
/// manifest.json. A file that cannot be used is reported and the run goes on. Results stand in progress.jsonl until the run is complete: a
/// run with the same model, options and files that was interrupted goes on behind them, and ends with the same files. Memory is bounded by
/// a few batches of images.
DetectionRunSummary run_detector(const DetectionPipeline& pipeline, std::span<const std::filesystem::path> files,
                                 const DetectionRunOptions& options);

/// The same for the frames of a video, in memory bounded by a batch. A frame is called "clip_000012" in all files, and its line of
/// predictions.jsonl also has its number ("frame", from 0 on). With overlays the pictures become one video, overlays/clip.avi, when all are
/// done. A video that ends before what it announces is a failure that names the frame; what was found before it stays. A camera's run is
/// never gone on with.
DetectionRunSummary run_detector(const DetectionPipeline& pipeline, Video& video, const DetectionRunOptions& options);

}  // namespace fovea
