#include "fovea/pipelines/detection_pipeline.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>

#include "fovea/base/error.hpp"
#include "fovea/base/file.hpp"
#include "random_detector.hpp"

namespace fovea {
namespace {

using test::picture;
using test::RandomDetector;
using testing::HasSubstr;
using testing::ThrowsMessage;

TEST(DetectionPipeline, FindsBoxesInPixelsOfTheImage) {
  for (const char* resize : {"stretch", "letterbox"}) {
    const DetectionPipeline pipeline = RandomDetector(resize).load();
    const cv::Mat image = picture(320, 100, 1);
    const Detections found = pipeline.run(image);
    ASSERT_FALSE(found.empty());
    for (std::size_t i = 0; i < found.size(); ++i) {
      EXPECT_GE(found[i].box.x1, 0);
      EXPECT_LE(found[i].box.x2, 320);
      EXPECT_LE(found[i].box.y2, 100);
      EXPECT_EQ(found[i].label, found[i].index == 0 ? "cat" : "dog");
      EXPECT_GE(found[i > 0 ? i - 1 : 0].score, found[i].score);
    }
  }
}

/// An image that has the network's proportions is the same stretched and letterboxed.
TEST(DetectionPipeline, LetterboxAndStretchAgreeWhereTheyAreTheSame) {
  const cv::Mat image = picture(64, 48, 2);
  const RandomDetector stretch("stretch"), letterbox("letterbox");
  const Detections a = stretch.load().run(image), b = letterbox.load().run(image);
  ASSERT_EQ(a.size(), b.size());
  for (std::size_t i = 0; i < a.size(); ++i) EXPECT_NEAR(a[i].box.x1, b[i].box.x1, 1e-3);
}

TEST(DetectionPipeline, EnginesAgree) {
  for (const std::string& head : {RandomDetector::kYolo, RandomDetector::kRegion}) {
    const RandomDetector detector("stretch", head);
    const cv::Mat image = picture(50, 60, 3);
    const Detections a = detector.load().run(image), b = detector.load({.engine = "opencv-dnn"}).run(image);
    ASSERT_EQ(a.size(), b.size());
    EXPECT_FALSE(a.empty());
    for (std::size_t i = 0; i < a.size(); ++i) {
      EXPECT_EQ(a[i].index, b[i].index);
      EXPECT_NEAR(a[i].score, b[i].score, 1e-4);
      EXPECT_NEAR(a[i].box.y2, b[i].box.y2, 1e-2);
    }
  }
}

TEST(DetectionPipeline, BatchesAndThreadsDoNotChangeABit) {
  std::vector<cv::Mat> images;
  for (int i = 0; i < 7; ++i) images.push_back(picture(40 + 9 * i, 30 + 5 * i, 10 + static_cast<std::uint64_t>(i)));
  for (const char* engine : {"fovea", "opencv-dnn"}) {
    const DetectionPipeline pipeline = RandomDetector().load({.engine = engine});
    const std::vector<Detections> alone = [&] {
      std::vector<Detections> results;
      for (const cv::Mat& image : images) results.push_back(pipeline.run(image));
      return results;
    }();
    EXPECT_EQ(pipeline.run(images), alone) << engine;
    std::vector<std::vector<Detections>> together(4, std::vector<Detections>(images.size()));
    std::vector<std::thread> threads;
    for (auto& results : together)
      threads.emplace_back([&] {
        for (std::size_t i = 0; i < images.size(); ++i) results[i] = pipeline.run(images[i]);
      });
    for (std::thread& thread : threads) thread.join();
    for (const auto& results : together) EXPECT_EQ(results, alone) << engine;
  }
}

TEST(DetectionPipeline, GivesOnlyWhatIsWanted) {
  const RandomDetector detector;
  DetectionPipeline pipeline = detector.load();
  const cv::Mat image = picture(64, 48, 4);
  pipeline.set_options({.confidence = 0.02, .suppression = {.threshold = 0.5}});
  const Detections all = pipeline.run(image);
  pipeline.set_options({.confidence = 0.02, .suppression = {.threshold = 0.5}, .classes = {"dog"}});
  const Detections dogs = pipeline.run(image);
  EXPECT_FALSE(dogs.empty());
  EXPECT_EQ(static_cast<std::ptrdiff_t>(dogs.size()),
            std::count_if(all.begin(), all.end(), [](const Detection& d) { return d.label == "dog"; }));
  EXPECT_THAT([&] { pipeline.set_options({.classes = {"dgo"}}); },
              ThrowsMessage<OptionError>(HasSubstr("unknown class \"dgo\"; did you mean \"dog\"?")));
  EXPECT_THROW(pipeline.set_options({.confidence = 2}), OptionError);
  EXPECT_THROW(pipeline.set_options({.suppression = {.threshold = -1}}), OptionError);
  EXPECT_TRUE(pipeline.run(std::span<const cv::Mat>()).empty());
  EXPECT_THROW(pipeline.run(cv::Mat(8, 8, CV_32FC3)), ShapeError);
}

TEST(DetectionPipeline, ItsFileGoesBackToTheBytesOfAnyFormat) {
  test::RandomDarknet random("[net]\nwidth=32\nheight=24\n" + RandomDetector::kBody + RandomDetector::kYolo);
  random.weights.minor = 1;  // counts images in 32 bits
  random.weights.revision = 7;
  random.weights.seen = 12345;
  const test::TemporaryFolder folder;
  write_darknet_config(folder / "net.cfg", random.config);
  write_darknet_weights(folder / "net.weights", random.weights, random.config);
  import_darknet({.config = folder / "net.cfg", .weights = folder / "net.weights"}, folder / "net.fovea");
  export_darknet(folder / "net.fovea", folder / "back.cfg", folder / "back.weights");
  EXPECT_EQ(read_file(folder / "back.weights"), read_file(folder / "net.weights"));
  EXPECT_EQ(read_file(folder / "back.cfg"), read_file(folder / "net.cfg"));
}

TEST(DetectionPipeline, SaysWhatItCannotLoad) {
  const RandomDetector detector;
  EXPECT_THAT([&] { detector.load({.engine = "opencv-dn"}); },
              ThrowsMessage<OptionError>(HasSubstr("unknown engine \"opencv-dn\"; did you mean \"opencv-dnn\"?")));
  if (cv::dnn::getAvailableTargets(cv::dnn::DNN_BACKEND_CUDA).empty()) {
    EXPECT_THAT([&] { detector.load({.engine = "opencv-dnn", .device = "cuda"}); },
                ThrowsMessage<OptionError>(HasSubstr("was built without CUDA for its networks")));
  }
  const auto folder = detector.folder().path();
  const DarknetImportOptions files{.config = folder / "net.cfg", .weights = folder / "net.weights"};
  auto wrong = files;
  wrong.names = {"one"};
  EXPECT_THAT([&] { import_darknet(wrong, folder / "a.fovea"); },
              ThrowsMessage<OptionError>(HasSubstr("the network has 2 classes but 1 names are given")));
  detector.folder().write("no.cfg", "[net]\nwidth=8\nheight=8\n" + RandomDetector::kBody);
  wrong = files;
  wrong.config = folder / "no.cfg";
  EXPECT_THAT([&] { import_darknet(wrong, folder / "a.fovea"); }, ThrowsMessage<OptionError>(HasSubstr("it is no detector")));
}

}  // namespace
}  // namespace fovea
