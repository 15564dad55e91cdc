// A detector on the frames of a video that the test writes itself: Motion JPEG in AVI.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <opencv2/imgproc.hpp>

#include "fovea/base/error.hpp"
#include "fovea/base/file.hpp"
#include "fovea/base/json.hpp"
#include "fovea/base/text.hpp"
#include "fovea/pipelines/detection_run.hpp"
#include "random_detector.hpp"

namespace fovea {
namespace {

namespace fs = std::filesystem;
using test::RandomDetector;
using test::TemporaryFolder;
using testing::HasSubstr;
using testing::ThrowsMessage;

constexpr std::int64_t kFrames = 30;

class VideoRun : public testing::Test {
 protected:
  VideoRun() {
    std::int64_t next = 0;
    write_video(clip(), 12.5, [&]() -> cv::Mat {
      if (next == kFrames) return {};
      cv::Mat frame;
      cv::resize(test::picture(16, 12, static_cast<std::uint64_t>(next++)), frame, {160, 120}, 0, 0, cv::INTER_NEAREST);
      return frame;
    });
    pipeline_.set_options({.confidence = 0.1, .suppression = {.threshold = 0.5}});
  }

  std::string clip() const { return (folder_ / "clip.avi").string(); }
  DetectionRunOptions options(const std::string& out) const {
    return {.out = folder_ / out, .model = detector_.path().string(), .engine = "fovea", .batch = 4, .overlays = false};
  }
  DetectionRunSummary run(const DetectionRunOptions& options, const std::string& source) const {
    Video video(source);
    return run_detector(pipeline_, video, options);
  }
  std::string read(const std::string& name) const { return read_text_file(folder_ / name); }
  std::vector<Json> lines(const std::string& name) const {
    std::vector<Json> parsed;
    for (const std::string& line : split(read(name), '\n'))
      if (!line.empty()) parsed.push_back(parse_json(line, name));
    return parsed;
  }

  RandomDetector detector_;
  DetectionPipeline pipeline_ = detector_.load();
  TemporaryFolder folder_;
};

TEST_F(VideoRun, FramesComeOneByOne) {
  Video video(clip());
  EXPECT_EQ(video.name(), "clip");
  EXPECT_EQ(video.announced(), kFrames);
  EXPECT_DOUBLE_EQ(video.frames_per_second(), 12.5);
  const cv::Mat first = video.read(), second = video.read();
  EXPECT_EQ(first.size(), cv::Size(160, 120));
  EXPECT_GT(cv::norm(first, second, cv::NORM_INF), 50) << "a frame does not stand in the memory of the one before";
  while (video.skip()) {
  }
  EXPECT_EQ(video.position(), kFrames);
  EXPECT_TRUE(video.read().empty());
  EXPECT_EQ(video.early_end(), "");
}

TEST_F(VideoRun, EveryFrameHasItsLineAndTheOverlaysAreAVideo) {
  auto o = options("out");
  o.overlays = o.text = true;
  const DetectionRunSummary summary = run(o, clip());
  EXPECT_EQ(summary.images, kFrames);
  EXPECT_EQ(summary.failures, 0);
  EXPECT_GT(summary.detections, kFrames);
  const std::vector<Json> found = lines("out/predictions.jsonl");
  ASSERT_EQ(found.size(), static_cast<std::size_t>(kFrames));
  Video video(clip());
  for (std::int64_t i = 0; i < kFrames; ++i) {
    const Json& line = found[static_cast<std::size_t>(i)];
    EXPECT_EQ(line["frame"], i);
    EXPECT_EQ(line["file"], frame_name("clip", i));
    const Detections wanted = pipeline_.run(video.read());
    ASSERT_EQ(line["detections"].size(), wanted.size());
    for (std::size_t k = 0; k < wanted.size(); ++k) EXPECT_EQ(line["detections"][k]["box"][0].get<float>(), wanted[k].box.x1);
  }
  EXPECT_TRUE(fs::exists(folder_ / "out/labels/clip_000029.txt"));
  EXPECT_FALSE(fs::exists(folder_ / "out/overlays/clip_000000.jpg"));
  Video overlays((folder_ / "out/overlays/clip.avi").string());
  EXPECT_EQ(overlays.announced(), kFrames);
  EXPECT_DOUBLE_EQ(overlays.frames_per_second(), 12.5);
  EXPECT_EQ(overlays.read().size(), cv::Size(160, 120));
}

TEST_F(VideoRun, BatchesDoNotMatterAndTheFirstFramesAreTheFirst) {
  run(options("a"), clip());
  auto other = options("b");
  other.batch = 7;
  std::vector<std::int64_t> done;
  other.progress = [&](std::int64_t count, std::int64_t expected) {
    done.push_back(count);
    EXPECT_EQ(expected, kFrames);
  };
  run(other, clip());
  EXPECT_THAT(done, testing::ElementsAre(7, 14, 21, 28, 30));
  EXPECT_EQ(read("a/predictions.jsonl"), read("b/predictions.jsonl"));
  auto few = options("few");
  few.most_frames = 5;
  EXPECT_EQ(run(few, clip()).images, 5);
  EXPECT_TRUE(read("a/predictions.jsonl").starts_with(read("few/predictions.jsonl")));
  auto stopped = options("stopped");
  stopped.progress = [&](std::int64_t, std::int64_t) { stopped.stop.request(); };
  EXPECT_EQ(run(stopped, clip()).images, 4) << "a batch";
}

/// Also of a video that is cut off, whose last line in the journal is no frame's.
TEST_F(VideoRun, GoesOnWhereItWasInterrupted) {
  const std::string whole = read("clip.avi");
  folder_.write("cut.avi", whole.substr(0, whole.size() * 2 / 3));
  for (const std::string source : {"clip", "cut"}) {
    const std::string file = (folder_ / (source + ".avi")).string();
    auto o = options(source + "_whole");
    o.overlays = true;
    run(o, file);
    const std::string done = [&] {  // the journal of a run that cannot end
      auto blocked = options(source + "_blocked");
      blocked.overlays = true;
      fs::create_directories(blocked.out / "predictions.csv/in the way");
      EXPECT_THROW(run(blocked, file), Error);
      return read_text_file(blocked.out / "progress.jsonl");
    }();
    for (const std::size_t length : {done.find('\n') + 1, done.size() / 2, done.size()}) {
      auto resumed = options(source + std::to_string(length));
      resumed.overlays = true;
      fs::create_directories(resumed.out);
      fs::copy(folder_ / (source + "_blocked") / "overlays", resumed.out / "overlays");
      write_file(resumed.out / "progress.jsonl", done.substr(0, length));
      const DetectionRunSummary summary = run(resumed, file);
      EXPECT_EQ(summary.resumed, std::count(done.begin(), done.begin() + static_cast<std::ptrdiff_t>(length), '\n') - 1);
      for (const char* name : {"predictions.jsonl", "predictions.csv", "predictions.coco.json", "failed.jsonl"})
        EXPECT_EQ(read_text_file(resumed.out / name), read_text_file(o.out / name)) << source << " " << name << " after " << length;
      EXPECT_EQ(read_file(resumed.out / "overlays" / (source + ".avi")), read_file(o.out / "overlays" / (source + ".avi")));
    }
  }
}

TEST_F(VideoRun, AVideoThatIsCutOffKeepsWhatWasFound) {
  const std::string whole = read("clip.avi");
  folder_.write("cut.avi", whole.substr(0, whole.size() / 2));
  const DetectionRunSummary summary = run(options("out"), (folder_ / "cut.avi").string());
  EXPECT_EQ(summary.failures, 1);
  EXPECT_GE(summary.images, kFrames / 3);
  EXPECT_LT(summary.images, kFrames);
  EXPECT_EQ(lines("out/predictions.jsonl").size(), static_cast<std::size_t>(summary.images));
  EXPECT_THAT(lines("out/failed.jsonl").at(0)["reason"].get<std::string>(),
              HasSubstr("ended at frame " + std::to_string(summary.images) + " of 30 that it announces"));
}

TEST_F(VideoRun, SaysWhatItCannotOpen) {
  EXPECT_TRUE(is_video("a/b.MP4"));
  EXPECT_TRUE(is_video("camera:2"));
  EXPECT_FALSE(is_video("a/b.png"));
  folder_.write("none.avi", "no video");
  EXPECT_THAT([&] { Video video((folder_ / "none.avi").string()); }, ThrowsMessage<FileError>(HasSubstr("no video that OpenCV can read")));
  EXPECT_THAT([&] { Video video((folder_ / "missing.avi").string()); }, ThrowsMessage<FileError>(HasSubstr("missing.avi: is no file")));
  EXPECT_THAT([] { Video video("camera:front"); }, ThrowsMessage<OptionError>(HasSubstr("expected camera: and a number from 0 on")));
  EXPECT_THAT([] { Video video("camera:97"); }, ThrowsMessage<FileError>(HasSubstr("no such camera")));
  EXPECT_THAT([&] { write_video((folder_ / "empty.avi").string(), 25, [] { return cv::Mat(); }); },
              ThrowsMessage<FileError>(HasSubstr("would have no frame")));
}

}  // namespace
}  // namespace fovea
