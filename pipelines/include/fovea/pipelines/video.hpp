// Frames of a video, one by one.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <opencv2/core/mat.hpp>
#include <string>

namespace cv {
class VideoCapture;
}

namespace fovea {

/// Whether an --images argument means a video: a file named .avi .m4v .mkv .mov .mp4 .mpeg .mpg .webm .wmv (any case), or "camera:N".
bool is_video(const std::string& source);

/// A video file or a camera, through OpenCV, which reads what its FFmpeg reads; Motion JPEG in AVI files without it. Belongs to one thread.
class Video {
 public:
  /// A file, or "camera:N" for the N-th camera from 0 on. Throws FileError when it cannot be opened, OptionError for a camera that is no
  /// number.
  explicit Video(const std::string& source);
  ~Video();
  Video(const Video&) = delete;
  Video& operator=(const Video&) = delete;

  const std::string& source() const { return source_; }
  /// What its frames are named after: the file without folder and extension, or "camera0".
  const std::string& name() const { return name_; }
  bool is_camera() const { return is_camera_; }
  /// 25 where the file does not say.
  double frames_per_second() const;
  /// That the file announces, which some formats only estimate; 0: unknown.
  std::int64_t announced() const;

  /// The next frame, 8-bit BGR; an empty picture at the end. Throws nothing for damaged files: they end early.
  cv::Mat read();
  /// Passes over a frame; false at the end.
  bool skip();
  /// Frames that were read or passed over.
  std::int64_t position() const { return position_; }
  /// Why the end came too early: "ended at frame 40 of 100 ...". Empty when it did not: a file may have up to 2 % fewer frames than it
  /// announces (and one), as that may be an estimate.
  std::string early_end() const;

 private:
  std::string source_, name_;
  bool is_camera_;
  std::unique_ptr<cv::VideoCapture> capture_;
  std::int64_t position_ = 0;
};

/// "clip_000012": the name of frame 12 of a video called "clip", counted from 0.
std::string frame_name(const std::string& video, std::int64_t frame);

/// Writes pictures of one size as a video: Motion JPEG in AVI. `next` gives them and then an empty one. The file is replaced as a whole.
/// Throws FileError.
void write_video(const std::string& path, double frames_per_second, const std::function<cv::Mat()>& next);

}  // namespace fovea
