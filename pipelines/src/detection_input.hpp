// What a detection run works through: files or frames, batch by batch.
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "fovea/base/json.hpp"
#include "fovea/pipelines/detection_run.hpp"
#include "fovea/pipelines/video.hpp"
#include "loaded_files.hpp"

namespace fovea {

struct InputPicture {
  LoadedFile loaded;                  ///< a frame has the name of the frame for a file
  std::optional<std::int64_t> frame;  ///< its number
  std::string name;                   ///< of its result files, without extension
  std::string overlay_extension;      ///< with its dot
};

class DetectionInput {
 public:
  virtual ~DetectionInput() = default;
  /// Everything that decides which pictures these are.
  virtual Json facts() const = 0;
  /// Pictures in all, as far as is known; 0: unknown.
  virtual std::int64_t expected() const = 0;
  /// Leaves out the first `count`, which an earlier run has done. Once, before next().
  virtual void skip(std::int64_t count) = 0;
  /// The next ones in order, nothing at the end. What could not be used is one of them, with its reason.
  virtual std::vector<InputPicture> next() = 0;
};

/// `files` outlive it; they are loaded ahead.
std::unique_ptr<DetectionInput> make_file_input(std::span<const std::filesystem::path> files, const DetectionRunOptions& options);

/// `video` outlives it. A video that ends too early gives a last entry that says so.
std::unique_ptr<DetectionInput> make_video_input(Video& video, const DetectionRunOptions& options);

}  // namespace fovea
