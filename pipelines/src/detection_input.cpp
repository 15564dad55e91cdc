#include "detection_input.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "fovea/base/checksum.hpp"
#include "result_names.hpp"

namespace fovea {

namespace fs = std::filesystem;

namespace {

class FileInput final : public DetectionInput {
 public:
  FileInput(std::span<const fs::path> files, const DetectionRunOptions& options)
      : files_(files), loading_{.batch = options.batch, .workers = options.workers}, names_(options.base) {}

  Json facts() const override {
    Checksum list;
    for (const fs::path& file : files_) {
      list.add(file.string());
      list.add("\n");
    }
    return {{"files", files_.size()}, {"files_checksum", list.value()}};
  }

  std::int64_t expected() const override { return std::ssize(files_); }

  void skip(std::int64_t count) override {
    const auto done = static_cast<std::size_t>(std::min<std::int64_t>(count, std::ssize(files_)));
    for (const fs::path& file : files_.first(done)) names_.next(file);
    loader_ = load_files(files_.subspan(done), loading_);
  }

  std::vector<InputPicture> next() override {
    std::vector<InputPicture> pictures;
    if (batch_++ == loader_->batches()) return pictures;
    for (LoadedFile& loaded : loader_->next()) {
      const std::string extension = loaded.file.extension().string();
      const bool keeps = extension == ".png" || extension == ".jpg" || extension == ".jpeg";
      const std::string name = names_.next(loaded.file);
      pictures.push_back({.loaded = std::move(loaded), .name = name, .overlay_extension = keeps ? extension : ".png"});
    }
    return pictures;
  }

 private:
  std::span<const fs::path> files_;
  DirectoryRunOptions loading_;
  ResultNames names_;
  std::unique_ptr<BatchLoader<std::vector<LoadedFile>>> loader_;
  std::int64_t batch_ = 0;
};

class VideoInput final : public DetectionInput {
 public:
  VideoInput(Video& video, const DetectionRunOptions& options) : video_(video), batch_(options.batch), most_(options.most_frames) {}

  Json facts() const override {
    const fs::path file = video_.source();
    return {{"video", video_.source()}, {"bytes", video_.is_camera() ? 0 : fs::file_size(file)}, {"most_frames", most_}};
  }

  std::int64_t expected() const override {
    const std::int64_t announced = video_.announced();
    return most_ > 0 && announced > 0 ? std::min(most_, announced) : std::max(most_, announced);
  }

  void skip(std::int64_t count) override {
    while (count-- > 0 && !ended_) ended_ = !video_.skip();  // its early end may be among what was done
  }

  std::vector<InputPicture> next() override {
    std::vector<InputPicture> pictures;
    while (!ended_ && std::ssize(pictures) < batch_) {
      if (most_ > 0 && video_.position() >= most_) {
        ended_ = true;
      } else if (const cv::Mat frame = video_.read(); !frame.empty()) {
        const std::int64_t number = video_.position() - 1;
        const std::string name = frame_name(video_.name(), number);
        pictures.push_back({.loaded = {name, frame, ""}, .frame = number, .name = name, .overlay_extension = ".jpg"});
      } else {
        ended_ = true;
        if (const std::string reason = video_.early_end(); !reason.empty())
          pictures.push_back({.loaded = {video_.source(), cv::Mat(), reason}, .frame = std::nullopt, .name = "", .overlay_extension = ""});
      }
    }
    return pictures;
  }

 private:
  Video& video_;
  std::int64_t batch_, most_;
  bool ended_ = false;
};

}  // namespace

std::unique_ptr<DetectionInput> make_file_input(std::span<const fs::path> files, const DetectionRunOptions& options) {
  return std::make_unique<FileInput>(files, options);
}

std::unique_ptr<DetectionInput> make_video_input(Video& video, const DetectionRunOptions& options) {
  return std::make_unique<VideoInput>(video, options);
}

}  // namespace fovea
