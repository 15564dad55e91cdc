#include "fovea/pipelines/video.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <opencv2/videoio.hpp>

#include "fovea/base/error.hpp"
#include "fovea/base/file.hpp"

namespace fovea {

namespace fs = std::filesystem;

namespace {

constexpr std::string_view kCamera = "camera:";
constexpr const char* kExtensions[] = {".avi", ".m4v", ".mkv", ".mov", ".mp4", ".mpeg", ".mpg", ".webm", ".wmv"};
constexpr double kUsualRate = 25;
constexpr std::int64_t kEstimate = 50;  // one of so many announced frames may be missing

int camera_number(const std::string& source) {
  const char *const begin = source.data() + kCamera.size(), *const end = source.data() + source.size();
  int number = 0;
  const auto [stop, error] = std::from_chars(begin, end, number);
  if (error != std::errc() || stop != end || number < 0)
    throw OptionError(fmt::format("\"{}\": expected camera: and a number from 0 on", source));
  return number;
}

}  // namespace

bool is_video(const std::string& source) {
  if (source.starts_with(kCamera)) return true;
  std::string extension = fs::path(source).extension().string();
  std::transform(extension.begin(), extension.end(), extension.begin(), [](unsigned char c) { return std::tolower(c); });
  return std::find(std::begin(kExtensions), std::end(kExtensions), extension) != std::end(kExtensions);
}

Video::Video(const std::string& source)
    : source_(source), is_camera_(source.starts_with(kCamera)), capture_(std::make_unique<cv::VideoCapture>()) {
  if (is_camera_) {
    const int number = camera_number(source);
    name_ = fmt::format("camera{}", number);
    if (!capture_->open(number)) throw FileError(source, "there is no such camera, or it is in use");
    return;
  }
  name_ = fs::path(source).stem().string();
  if (!fs::is_regular_file(source)) throw FileError(source, "is no file");
  // Not just any reader: others take a name for a pattern of pictures, and all complain at length of what they cannot read.
  if (!capture_->open(source, cv::CAP_FFMPEG) && !capture_->open(source, cv::CAP_OPENCV_MJPEG))
    throw FileError(source, "is no video that OpenCV can read");
}

Video::~Video() = default;

double Video::frames_per_second() const {
  const double rate = capture_->get(cv::CAP_PROP_FPS);
  return rate > 0 && rate < 1000 ? rate : kUsualRate;
}

std::int64_t Video::announced() const {
  const double count = is_camera_ ? 0 : capture_->get(cv::CAP_PROP_FRAME_COUNT);
  return count > 0 && count < 1e12 ? static_cast<std::int64_t>(count) : 0;  // of damaged files it may be anything
}

cv::Mat Video::read() {
  cv::Mat frame;
  try {
    if (!capture_->read(frame)) frame.release();
  } catch (const cv::Exception&) {
    frame.release();
  }
  if (!frame.empty()) ++position_;
  return frame.clone();  // the next frame may be decoded into the same memory
}

bool Video::skip() {
  try {
    if (!capture_->grab()) return false;
  } catch (const cv::Exception&) {
    return false;
  }
  ++position_;
  return true;
}

std::string Video::early_end() const {
  const std::int64_t wanted = announced();
  if (position_ > 0 && position_ + std::max<std::int64_t>(1, wanted / kEstimate) >= wanted) return "";
  return fmt::format("ended at frame {} of {} that it announces: it is cut off or damaged there", position_, wanted);
}

std::string frame_name(const std::string& video, std::int64_t frame) { return fmt::format("{}_{:06}", video, frame); }

void write_video(const std::string& path, double frames_per_second, const std::function<cv::Mat()>& next) {
  write_file_with(path, [&](const fs::path& temporary) {
    cv::VideoWriter writer;
    for (cv::Mat frame = next(); !frame.empty(); frame = next()) {
      if (!writer.isOpened() &&
          !writer.open(temporary.string(), cv::VideoWriter::fourcc('M', 'J', 'P', 'G'), frames_per_second, frame.size()))
        throw FileError(path, "cannot be written as Motion JPEG");
      writer.write(frame);
    }
    if (!writer.isOpened()) throw FileError(path, "would have no frame");
  });
}

}  // namespace fovea
