#include "fovea/pipelines/scene_set.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <opencv2/imgproc.hpp>

#include "fovea/base/error.hpp"
#include "fovea/base/file.hpp"
#include "fovea/data/coco.hpp"
#include "fovea/vision/image_loader.hpp"
#include "fovea/vision/image_writer.hpp"
#include "messages.hpp"
#include "support/temporary_folder.hpp"

namespace fovea {
namespace {

namespace fs = std::filesystem;
using test::message_of;
using test::TemporaryFolder;
using testing::ElementsAre;
using testing::HasSubstr;

/// Three IDX pictures a split: squares of classes 0, 1, 2; and photographs of one colour with a grey one among them.
class SceneSet : public testing::Test {
 protected:
  SceneSet() {
    for (const char* split : {"train", "t10k"}) {
      std::string images("\0\0\x08\x03\0\0\0\x18\0\0\0\x10\0\0\0\x10", 16), labels("\0\0\x08\x01\0\0\0\x18", 8);
      for (int i = 0; i < 24; ++i) {
        cv::Mat picture(16, 16, CV_8UC1, cv::Scalar(0));
        picture({3, 3, 10, 10}).setTo(split[1] == 'r' ? 200 : 100);
        images.append(reinterpret_cast<const char*>(picture.data), picture.total());
        labels.push_back(static_cast<char>(i % 3));
      }
      folder_.write(std::string("idx/") + split + "-images-idx3-ubyte", images);
      folder_.write(std::string("idx/") + split + "-labels-idx1-ubyte", labels);
    }
    folder_.write("idx/labels.txt", "shirt\nbag\nboot\n");
    for (const char* name : {"alpsL.jpg", "alpsR.jpg", "beach.jpg", "city01.jpg", "city02.jpg", "desert.jpg"})
      save_image(folder_ / ("photos/" + std::string(name)), cv::Mat(200, 300, CV_8UC3, cv::Scalar(20, 90, 160)));
    save_image(folder_ / "photos/grey.png", cv::Mat(200, 300, CV_8UC3, cv::Scalar(90, 90, 90)));
    save_image(folder_ / "photos/tiny.png", cv::Mat(20, 30, CV_8UC3, cv::Scalar(20, 90, 160)));
  }
  SceneSetOptions options(const std::string& out) const {
    return {.out = folder_ / out,
            .objects = "idx:" + (folder_ / "idx").string(),
            .backgrounds = (folder_ / "photos").string(),
            .count = 6,
            .scene = {.size = {96, 64}}};
  }
  std::string bytes(const std::string& file) const { return read_text_file(folder_ / file); }

  TemporaryFolder folder_;
};

std::vector<std::string> names_of(const std::vector<fs::path>& files) {
  std::vector<std::string> names;
  for (const fs::path& file : files) names.push_back(file.filename().string());
  return names;
}

TEST(SceneSetBackgrounds, PicturesOfOneSceneStayTogether) {
  const std::vector<fs::path> files = {"aloeL.jpg",  "aloeR.jpg",   "box.png",  "box_in_scene.png",
                                       "left01.jpg", "right02.jpg", "pic1.png", "pic2.png"};
  EXPECT_THAT(names_of(backgrounds_of(files, "test")), ElementsAre("pic1.png", "pic2.png"));
  EXPECT_EQ(backgrounds_of(files, "train").size(), 6U);
  EXPECT_EQ(backgrounds_of(files, "val"), backgrounds_of(files, "train"));
  EXPECT_THAT(names_of(backgrounds_of({"HOME.jpg", "1.png", "Z.png", "x/2.png"}, "test")), ElementsAre("Z.png"));
}

TEST_F(SceneSet, WhatIsWrittenAgrees) {
  const SceneSetSummary made = write_scene_set(options("set"), Threads(2));
  EXPECT_EQ(made.scenes, 6);
  EXPECT_EQ(made.backgrounds, 5) << "four groups, of which the fourth (desert) is for tests, and neither the grey nor the tiny one";
  const DetectionDataset dataset = read_coco_instances(made.annotations);
  ASSERT_EQ(dataset.images.size(), 6U);
  EXPECT_EQ(static_cast<std::int64_t>(dataset.annotations.size()), made.objects);
  EXPECT_EQ(dataset.categories[1].name, "bag");
  EXPECT_EQ(bytes("set/labels/classes.txt"), "background\nshirt\nbag\nboot\n");
  EXPECT_THAT(bytes("set/scenes.json"), HasSubstr("\"city02.jpg\""));
  for (std::size_t i = 0; i < 6; ++i) {
    const std::string stem = "00000" + std::to_string(i + 1);
    EXPECT_EQ(load_image(folder_ / ("set/images/" + dataset.images[i].file_name)).size(), cv::Size(96, 64));
    cv::Mat labels;
    cv::cvtColor(load_image(folder_ / ("set/labels/" + stem + ".png")), labels, cv::COLOR_BGR2GRAY);
    cv::Mat expected(labels.size(), CV_8UC1, cv::Scalar(0));
    for (const DetectionAnnotation& annotation : dataset.annotations)
      if (annotation.image == static_cast<std::int32_t>(i))
        expected.setTo(annotation.category + 1, decode_mask(mask_of(annotation.segmentation, 64, 96)));
    EXPECT_EQ(cv::norm(labels, expected, cv::NORM_INF), 0) << stem;
  }
}

TEST_F(SceneSet, NeitherThreadsNorTheirNumberChangeAScene) {
  SceneSetOptions more = options("more"), other = options("other");
  more.count = 9;
  other.split = "test";
  std::atomic<int> calls = 0;
  more.progress = [&](std::int64_t) { ++calls; };
  write_scene_set(options("set"), Threads(1));
  write_scene_set(more, Threads(3));
  write_scene_set(other, Threads(1));
  EXPECT_EQ(calls, 9);
  for (const char* file : {"images/000003.jpg", "labels/000006.png"}) {
    EXPECT_EQ(bytes(std::string("set/") + file), bytes(std::string("more/") + file));
    EXPECT_NE(bytes(std::string("set/") + file), bytes(std::string("other/") + file));
  }
}

TEST_F(SceneSet, MistakesAreNamed) {
  write_scene_set(options("set"), Threads(1));
  EXPECT_THAT(message_of<FileError>([&] { write_scene_set(options("set"), Threads(1)); }), HasSubstr("is there already"));
  SceneSetOptions wrong = options("wrong");
  wrong.split = "all";
  EXPECT_THAT(message_of<OptionError>([&] { write_scene_set(wrong, Threads(1)); }), HasSubstr("\"all\""));
  wrong = options("wrong");
  wrong.max_objects = 0;
  EXPECT_THAT(message_of<OptionError>([&] { write_scene_set(wrong, Threads(1)); }), HasSubstr("1 and 0"));
  wrong = options("wrong");
  wrong.backgrounds = (folder_ / "photos/grey.png").string();
  EXPECT_THAT(message_of<OptionError>([&] { write_scene_set(wrong, Threads(1)); }), HasSubstr("no colour photographs"));
  EXPECT_FALSE(fs::exists(folder_ / "wrong"));
}

}  // namespace
}  // namespace fovea
