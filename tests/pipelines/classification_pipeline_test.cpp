#include "fovea/pipelines/classification_pipeline.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <numeric>
#include <opencv2/core.hpp>
#include <thread>

#include "fovea/base/error.hpp"
#include "fovea/base/file.hpp"
#include "fovea/interchange/model_file.hpp"
#include "fovea/kernels/context.hpp"
#include "messages.hpp"
#include "small_classifier.hpp"
#include "support/shape_pictures.hpp"
#include "support/temporary_folder.hpp"

namespace fovea {
namespace {

using test::message_of;
using test::shape_picture;
using test::small_architecture;
using test::small_classifier;
using test::small_preprocessing;
using test::TemporaryFolder;
using testing::AllOf;
using testing::HasSubstr;

/// Pictures of many sizes.
std::vector<cv::Mat> pictures(int count) {
  std::vector<cv::Mat> list;
  for (int i = 0; i < count; ++i) list.push_back(shape_picture(static_cast<std::size_t>(i % 3), static_cast<std::uint64_t>(i), 8 + i % 23));
  return list;
}

std::vector<std::vector<float>> probabilities_of(const std::vector<Classification>& results) {
  std::vector<std::vector<float>> list;
  for (const Classification& result : results) list.push_back(result.probabilities);
  return list;
}

class ClassificationPipelineTest : public testing::TestWithParam<const char*> {
 protected:
  ClassificationPipeline pipeline_ = small_classifier(GetParam());
  TemporaryFolder folder_;
};

INSTANTIATE_TEST_SUITE_P(EveryNetwork, ClassificationPipelineTest, testing::Values("lenet5", "resnet-mini"),
                         [](const auto& network) { return std::string(network.param) == "lenet5" ? "lenet5" : "resnet_mini"; });

TEST_P(ClassificationPipelineTest, ReadsBackWhatItSaves) {
  pipeline_.set_training(R"({"epoch":3})");
  pipeline_.save(folder_ / "model.fovea");
  const ClassificationPipeline loaded = ClassificationPipeline::load(folder_ / "model.fovea");
  EXPECT_EQ(loaded.labels(), pipeline_.labels());
  EXPECT_EQ(loaded.preprocessing(), pipeline_.preprocessing());
  EXPECT_EQ(Json::parse(loaded.architecture()), Json::parse(pipeline_.architecture()));
  EXPECT_EQ(Json::parse(loaded.training()), Json::parse(pipeline_.training()));
  const std::vector<cv::Mat> images = pictures(9);
  EXPECT_EQ(probabilities_of(loaded.run(images)), probabilities_of(pipeline_.run(images)));
  loaded.save(folder_ / "again.fovea");
  EXPECT_EQ(read_file(folder_ / "again.fovea"), read_file(folder_ / "model.fovea"));
}

TEST_P(ClassificationPipelineTest, BatchesDoNotChangeABit) {
  const std::vector<cv::Mat> images = pictures(64);
  const auto all = probabilities_of(pipeline_.run(images));
  ASSERT_EQ(all.size(), 64u);
  EXPECT_NE(all[0], all[1]) << "images must differ for this test to mean something";
  for (const std::size_t batch : {1u, 7u})
    for (std::size_t begin = 0; begin < images.size(); begin += batch) {
      const std::size_t size = std::min(batch, images.size() - begin);
      const auto part = probabilities_of(pipeline_.run(std::span(images).subspan(begin, size)));
      for (std::size_t i = 0; i < size; ++i) EXPECT_EQ(part[i], all[begin + i]) << "image " << begin + i << ", batch " << batch;
    }
}

TEST_P(ClassificationPipelineTest, ThreadsDoNotChangeABit) {
  const std::vector<cv::Mat> images = pictures(16);
  kernels::Context one(1), two(2);
  const auto run_in = [&](kernels::Context& context) {
    const kernels::ContextGuard guard(context);
    return probabilities_of(pipeline_.run(images));
  };
  EXPECT_EQ(run_in(one), run_in(two));
}

TEST_P(ClassificationPipelineTest, Bf16IsNearAndAsIndependentOfBatches) {
  const std::vector<cv::Mat> images = pictures(5);
  const auto exact = probabilities_of(pipeline_.run(images));
  pipeline_.set_precision(DType::bf16);
  const auto together = probabilities_of(pipeline_.run(images));
  pipeline_.set_precision(DType::f32);
  EXPECT_EQ(probabilities_of(pipeline_.run(images)), exact);
  EXPECT_NE(together, exact);
  for (std::size_t i = 0; i < images.size(); ++i)
    for (std::size_t c = 0; c < exact[i].size(); ++c) EXPECT_NEAR(together[i][c], exact[i][c], 0.03);
  kernels::Context two(2);
  const kernels::ContextGuard guard(two);
  pipeline_.set_precision(DType::bf16);
  for (std::size_t i = 0; i < images.size(); ++i) EXPECT_EQ(pipeline_.run(images[i]).probabilities, together[i]) << "image " << i;
}

TEST_P(ClassificationPipelineTest, RunsInSeveralThreadsAtOnce) {
  const std::vector<cv::Mat> images = pictures(6);
  const auto expected = probabilities_of(small_classifier(GetParam()).run(images));  // the one that is shared has never run
  std::vector<std::vector<std::vector<float>>> found(4);
  {
    std::vector<std::jthread> threads;
    for (auto& results : found)
      threads.emplace_back([&] {
        for (const cv::Mat& image : images) results.push_back(pipeline_.run(image).probabilities);
      });
  }
  for (const auto& results : found) EXPECT_EQ(results, expected);
}

TEST_P(ClassificationPipelineTest, TakesImagesOfEverySize) {
  for (const cv::Size size : {cv::Size(1, 1), cv::Size(60000, 1), cv::Size(1, 60000), cv::Size(3, 500)})
    for (const int type : {CV_8UC1, CV_8UC3}) {
      const Classification result = pipeline_.run(cv::Mat(size, type, cv::Scalar(10, 100, 200)));
      ASSERT_EQ(result.probabilities.size(), 3u) << size;
      EXPECT_NEAR(std::accumulate(result.probabilities.begin(), result.probabilities.end(), 0.0), 1, 1e-6) << size;
      EXPECT_EQ(result.label, pipeline_.labels().at(static_cast<std::size_t>(result.index)));
      EXPECT_EQ(result.score, *std::max_element(result.probabilities.begin(), result.probabilities.end()));
    }
}

TEST_P(ClassificationPipelineTest, GreyIsAnImageOfEqualColours) {
  cv::Mat grey(20, 20, CV_8UC1), bgr(20, 20, CV_8UC3);
  for (int y = 0; y < 20; ++y)
    for (int x = 0; x < 20; ++x) {
      grey.at<std::uint8_t>(y, x) = static_cast<std::uint8_t>(10 * x + y);
      bgr.at<cv::Vec3b>(y, x) = cv::Vec3b::all(grey.at<std::uint8_t>(y, x));
    }
  EXPECT_EQ(pipeline_.run(grey).probabilities, pipeline_.run(bgr).probabilities);
}

TEST_P(ClassificationPipelineTest, ReadsBlueGreenRed) {
  const cv::Mat red = shape_picture(2, 5);
  cv::Mat swapped(red.size(), red.type());
  for (int y = 0; y < red.rows; ++y)
    for (int x = 0; x < red.cols; ++x) {
      const cv::Vec3b pixel = red.at<cv::Vec3b>(y, x);
      swapped.at<cv::Vec3b>(y, x) = {pixel[2], pixel[1], pixel[0]};
    }
  EXPECT_NE(pipeline_.run(red).probabilities, pipeline_.run(swapped).probabilities);
}

TEST_P(ClassificationPipelineTest, TakesAPartOfAnImage) {
  const cv::Mat whole = shape_picture(1, 3, 40);
  const cv::Mat part = whole(cv::Rect(5, 7, 21, 18));
  ASSERT_FALSE(part.isContinuous());
  EXPECT_EQ(pipeline_.run(part).probabilities, pipeline_.run(part.clone()).probabilities);
}

TEST_P(ClassificationPipelineTest, RefusesOtherImages) {
  const cv::Mat good = shape_picture(0, 1);
  for (const int type : {CV_32FC3, CV_8UC4, CV_8UC2, CV_16UC1, CV_64FC1})
    EXPECT_THROW(pipeline_.run(cv::Mat(20, 30, type, cv::Scalar::all(1))), ShapeError) << cv::typeToString(type);
  EXPECT_THROW(pipeline_.run(cv::Mat()), ShapeError);
  EXPECT_THROW(pipeline_.run(cv::Mat(0, 5, CV_8UC3)), ShapeError);
  EXPECT_THROW(pipeline_.run(cv::Mat({4, 4, 4}, CV_8UC1, cv::Scalar(0))), ShapeError);
  EXPECT_THROW(pipeline_.run(std::vector{good, cv::Mat(20, 30, CV_32FC3, cv::Scalar::all(0))}), ShapeError);
  EXPECT_THAT(message_of<ShapeError>([&] { pipeline_.run(cv::Mat(20, 30, CV_8UC4, cv::Scalar::all(1))); }), HasSubstr("found CV_8UC4"));
}

TEST_P(ClassificationPipelineTest, NoImagesGiveNoResults) { EXPECT_TRUE(pipeline_.run(std::span<const cv::Mat>()).empty()); }

TEST(ClassificationPipeline, GreyNetworksTakeColourImages) {
  const ClassificationPipeline pipeline = small_classifier("lenet5", 1);
  EXPECT_EQ(pipeline.run(cv::Mat(9, 9, CV_8UC3, cv::Scalar::all(77))).probabilities,
            pipeline.run(cv::Mat(9, 9, CV_8UC1, cv::Scalar(77))).probabilities);
}

TEST(ClassificationPipeline, RanksClasses) {
  const Classification result = small_classifier().run(shape_picture(0, 2));
  const std::vector<RankedLabel> top = result.top(2);
  ASSERT_EQ(top.size(), 2u);
  EXPECT_EQ(top[0].index, result.index);
  EXPECT_EQ(top[0].label, result.label);
  EXPECT_EQ(top[0].score, result.score);
  EXPECT_GE(top[0].score, top[1].score);
  EXPECT_EQ(result.top(99).size(), 3u);
  EXPECT_TRUE(result.top(0).empty());
}

TEST(ClassificationPipeline, RankingIsStable) {
  const std::vector<float> probabilities = {0.25F, 0.25F, 0.5F};
  const std::vector<std::string> labels = {"a", "b", "c"};
  const Classification result = decode_classification(probabilities, labels);
  EXPECT_EQ(result.index, 2);
  EXPECT_EQ(result.top(3)[1].label, "a");
  EXPECT_EQ(result.top(3)[2].label, "b");
  EXPECT_THROW(decode_classification(probabilities, std::span(labels).first(2)), ShapeError);
}

TEST(ClassificationPipeline, WantsALabelForEveryClass) {
  const Json architecture = small_architecture();
  EXPECT_THAT(message_of<OptionError>([&] {
                ClassificationPipeline(build_classifier(architecture, "test"), architecture.dump(), small_preprocessing(), {"a", "b"});
              }),
              AllOf(HasSubstr("3 classes"), HasSubstr("2 labels")));
}

class DamagedModelTest : public testing::Test {
 protected:
  /// The message of the FileError that loading a file gives; it names the file.
  std::string load_message(const std::string& name) const {
    const std::string message = message_of<FileError>([&] { ClassificationPipeline::load(folder_ / name); });
    EXPECT_THAT(message, HasSubstr(name));
    return message;
  }
  /// Of the good model's tensors with other metadata.
  std::string load_message(const ModelMetadata& metadata) const {
    save_model(folder_ / "other.fovea", pipeline_.network().state_dict(), metadata);
    return load_message("other.fovea");
  }

  TemporaryFolder folder_;
  ClassificationPipeline pipeline_ = small_classifier();
  ModelMetadata good_{
      .architecture = pipeline_.architecture(), .labels = pipeline_.labels(), .preprocessing = pipeline_.preprocessing().to_json().dump()};
};

TEST_F(DamagedModelTest, TheGoodOneLoads) {
  save_model(folder_ / "good.fovea", pipeline_.network().state_dict(), good_);
  EXPECT_NO_THROW(ClassificationPipeline::load(folder_ / "good.fovea"));
}

TEST_F(DamagedModelTest, FilesThatAreNoModels) {
  load_message("missing.fovea");
  folder_.write("empty.fovea", "");
  load_message("empty.fovea");
  folder_.write("text.fovea", "this is a letter, not a model, and long enough to hold a header");
  load_message("text.fovea");
  std::filesystem::create_directory(folder_ / "folder.fovea");
  load_message("folder.fovea");
  write_safetensors(folder_ / "plain.fovea", {.tensors = {{"x", Tensor::zeros({2})}}, .metadata = {}});
  load_message("plain.fovea");
}

TEST_F(DamagedModelTest, FilesThatAreCutShort) {
  pipeline_.save(folder_ / "whole.fovea");
  const std::string whole = read_text_file(folder_ / "whole.fovea");
  for (const std::size_t length : {std::size_t{1}, std::size_t{7}, std::size_t{8}, std::size_t{100}, whole.size() / 2, whole.size() - 1}) {
    folder_.write("cut.fovea", std::string_view(whole).substr(0, length));
    load_message("cut.fovea");
  }
  folder_.write("long.fovea", whole + "x");
  load_message("long.fovea");
}

TEST_F(DamagedModelTest, ModelsOfOtherTasks) {
  ModelMetadata metadata = good_;
  metadata.task = "detect";
  EXPECT_THAT(load_message(metadata), AllOf(HasSubstr("\"detect\""), HasSubstr("expected a classifier")));
}

TEST_F(DamagedModelTest, WrongNumberOfLabels) {
  ModelMetadata metadata = good_;
  metadata.labels.pop_back();
  EXPECT_THAT(load_message(metadata), AllOf(HasSubstr("3 classes"), HasSubstr("2 labels")));
}

TEST_F(DamagedModelTest, ArchitecturesThatCannotBeBuilt) {
  const auto message = [&](const char* key, const Json& value) {
    Json architecture = Json::parse(good_.architecture);
    architecture[key] = value;
    ModelMetadata metadata = good_;
    metadata.architecture = architecture.dump();
    return load_message(metadata);
  };
  EXPECT_THAT(message("name", "lenet6"), HasSubstr("did you mean \"lenet5\""));
  EXPECT_THAT(message("depth", 3), HasSubstr("unknown key \"depth\""));
  EXPECT_THAT(message("filters1", "four"), HasSubstr("a whole number"));
  EXPECT_THAT(message("filters1", 5), HasSubstr("conv1.weight"));
  message("filters1", -4);
  message("hidden", 0);
  message("height", 1);
  message("hidden", 1'000'000'000'000);
  message("hidden", 4'611'686'018'427'387'904);
}

TEST_F(DamagedModelTest, PreprocessingThatCannotBe) {
  const auto message = [&](const char* key, const Json& value) {
    Json preprocessing = Json::parse(good_.preprocessing);
    preprocessing[key] = value;
    ModelMetadata metadata = good_;
    metadata.preprocessing = preprocessing.dump();
    return load_message(metadata);
  };
  EXPECT_THAT(message("width", 0), HasSubstr("preprocessing"));
  EXPECT_THAT(message("deviation", {1, 0, 1}), HasSubstr("deviation"));
  EXPECT_THAT(message("resize", "shrink"), HasSubstr("shrink"));
  EXPECT_THAT(message("mean", {0.5}), HasSubstr("mean"));
}

TEST_F(DamagedModelTest, MissingAndForeignTensors) {
  StateDict state = pipeline_.network().state_dict();
  state.front().name = "conv0.weight";
  save_model(folder_ / "renamed.fovea", state, good_);
  EXPECT_THAT(load_message("renamed.fovea"), AllOf(HasSubstr("conv0.weight"), HasSubstr("conv1.weight")));
}

}  // namespace
}  // namespace fovea
