#include "fovea/pipelines/directory_run.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "fovea/base/error.hpp"
#include "fovea/base/file.hpp"
#include "fovea/pipelines/prediction_writer.hpp"
#include "fovea/vision/image_writer.hpp"
#include "messages.hpp"
#include "small_classifier.hpp"
#include "support/shape_pictures.hpp"
#include "support/temporary_folder.hpp"

namespace fovea {
namespace {

namespace fs = std::filesystem;
using test::message_of;
using test::shape_picture;
using test::small_classifier;
using test::TemporaryFolder;
using testing::ElementsAre;
using testing::HasSubstr;

/// Remembers what it is told.
struct Notes final : ClassificationWriter {
  void write(const fs::path& file, const cv::Mat& image, const Classification& result) override {
    EXPECT_EQ(image.type(), CV_8UC3);
    files.push_back(file.filename());
    results.push_back(result);
  }
  void fail(const fs::path& file, const std::string& reason) override {
    failed.push_back(file.filename());
    reasons.push_back(reason);
  }
  std::vector<fs::path> files, failed;
  std::vector<Classification> results;
  std::vector<std::string> reasons;
};

class DirectoryRun : public testing::Test {
 protected:
  fs::path add_picture(const std::string& name) {
    save_image(folder_ / name, shape_picture(static_cast<std::size_t>(next_ % 3), static_cast<std::uint64_t>(next_), 10 + next_));
    ++next_;
    return folder_ / name;
  }
  /// Seven pictures with a zero-byte file, a text, a truncated PNG and a missing file among them.
  std::vector<fs::path> mixed_files() {
    std::vector<fs::path> files;
    for (int i = 0; i < 7; ++i) files.push_back(add_picture("pictures/" + std::to_string(i) + ".png"));
    const std::string png = read_text_file(files[0]);
    files.insert(files.begin() + 1, folder_.write("pictures/empty.png", ""));
    files.insert(files.begin() + 4, folder_.write("pictures/text.jpg", "Dear reader, this is no picture."));
    files.insert(files.begin() + 5, folder_.write("pictures/cut.png", png.substr(0, png.size() / 2)));
    files.push_back(folder_ / "pictures/missing.png");
    return files;
  }

  TemporaryFolder folder_;
  ClassificationPipeline pipeline_ = small_classifier();
  int next_ = 0;
};

TEST_F(DirectoryRun, KeepsTheOrderOfTheFiles) {
  std::vector<fs::path> files;
  for (const char* name : {"9.png", "1.png", "5.png", "3.png", "1b.png"}) files.push_back(add_picture(name));
  Notes notes;
  const DirectoryRunSummary summary = run_directory(pipeline_, files, notes, {.batch = 2});
  EXPECT_THAT(notes.files, ElementsAre("9.png", "1.png", "5.png", "3.png", "1b.png"));
  EXPECT_EQ(summary.images, 5);
  EXPECT_EQ(summary.failures, 0);
  EXPECT_GT(summary.seconds, 0);
  for (std::size_t i = 0; i < files.size(); ++i) {
    const cv::Mat image = shape_picture(i % 3, i, 10 + static_cast<int>(i));
    EXPECT_EQ(notes.results[i].probabilities, pipeline_.run(image).probabilities) << i;
  }
}

TEST_F(DirectoryRun, SetsBadFilesAside) {
  Notes notes;
  const DirectoryRunSummary summary = run_directory(pipeline_, mixed_files(), notes, {.batch = 3});
  EXPECT_EQ(summary.images, 7);
  EXPECT_EQ(summary.failures, 4);
  EXPECT_THAT(notes.files, ElementsAre("0.png", "1.png", "2.png", "3.png", "4.png", "5.png", "6.png"));
  EXPECT_THAT(notes.failed, ElementsAre("empty.png", "text.jpg", "cut.png", "missing.png"));
  for (const std::string& reason : notes.reasons) {
    EXPECT_FALSE(reason.empty());
    EXPECT_THAT(reason, Not(HasSubstr(folder_.path().string()))) << "the file is named apart from the reason";
  }
}

TEST_F(DirectoryRun, OnlyBadFilesIsNoError) {
  Notes notes;
  const std::vector<fs::path> files = {folder_.write("a.png", ""), folder_.write("b.png", "")};
  const DirectoryRunSummary summary = run_directory(pipeline_, files, notes, {.batch = 1});
  EXPECT_EQ(summary.images, 0);
  EXPECT_EQ(summary.failures, 2);
}

TEST_F(DirectoryRun, NeitherBatchNorWorkersChangeAByte) {
  const std::vector<fs::path> files = mixed_files();
  const auto predictions = [&](std::int64_t batch, int workers) {
    const fs::path out = folder_ / ("out-" + std::to_string(batch) + "-" + std::to_string(workers));
    PredictionWriter writer({.out = out, .base = folder_ / "pictures", .overlays = false});
    writer.finish(run_directory(pipeline_, files, writer, {.batch = batch, .workers = workers}), "test.fovea");
    return read_text_file(out / "predictions.jsonl") + read_text_file(out / "predictions.csv") + read_text_file(out / "failed.jsonl");
  };
  const std::string expected = predictions(1, 0);
  EXPECT_THAT(expected, HasSubstr("6.png"));
  for (const std::int64_t batch : {1, 3, 64})
    for (const int workers : {0, 1, 2}) EXPECT_EQ(predictions(batch, workers), expected) << "batch " << batch << ", workers " << workers;
}

TEST_F(DirectoryRun, NoFilesNoResults) {
  Notes notes;
  EXPECT_EQ(run_directory(pipeline_, {}, notes).images, 0);
  EXPECT_THROW(run_directory(pipeline_, {}, notes, {.batch = 0}), OptionError);
}

TEST_F(DirectoryRun, FindsTheImagesOfAFolder) {
  for (const char* name : {"set/10.png", "set/9.jpg", "set/b/2.png", "set/B.bmp"}) add_picture(name);
  folder_.write("set/notes.txt", "no picture");
  folder_.write("set/.hidden.png", "");
  EXPECT_THAT(find_images(folder_ / "set"),
              ElementsAre(folder_ / "set/9.jpg", folder_ / "set/10.png", folder_ / "set/B.bmp", folder_ / "set/b/2.png"));
}

TEST_F(DirectoryRun, FindsOneImageAndTheImagesOfAList) {
  const fs::path one = add_picture("one.png");
  EXPECT_THAT(find_images(one), ElementsAre(one));
  folder_.write("list.txt", "one.png\r\n\nb/two.png\n" + one.string());
  EXPECT_THAT(find_images(folder_ / "list.txt"), ElementsAre(one, folder_ / "b/two.png", one));
}

TEST_F(DirectoryRun, NothingToFindIsAnError) {
  EXPECT_THAT(message_of<FileError>([&] { find_images(folder_ / "nowhere"); }), HasSubstr("does not exist"));
  fs::create_directory(folder_ / "empty");
  EXPECT_THAT(message_of<FileError>([&] { find_images(folder_ / "empty"); }), HasSubstr("holds no image"));
  folder_.write("empty.txt", "\n\n");
  EXPECT_THAT(message_of<FileError>([&] { find_images(folder_ / "empty.txt"); }), HasSubstr("lists no image"));
}

}  // namespace
}  // namespace fovea
