// Weights from a file that torch wrote, and back: tests/golden/make_torch_weights.py describes it.
#include "fovea/pipelines/weights.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <cstring>
#include <nlohmann/json.hpp>

#include "fovea/base/error.hpp"
#include "fovea/interchange/safetensors.hpp"
#include "fovea/models/alexnet.hpp"
#include "support/formula_weights.hpp"
#include "support/temporary_folder.hpp"

namespace fovea {
namespace {

using testing::AllOf;
using testing::Each;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;
using testing::ThrowsMessage;

const char* const kFile = FOVEA_ZOO_FOLDER "/tiny_alexnet.safetensors";
constexpr const char* kNarrow = R"({"widths":[4,5,6,4,3],"hidden":8})";
const ImportOptions kImport{.model = "alexnet", .model_options = kNarrow};

std::vector<double> logits_of(Layer& network) {
  const NoGradGuard no_grad;
  network.eval();
  return test::numbers_of(network.forward(Variable(test::value_of("image", {1, 224, 224, 3}))).value());
}

TEST(ImportTorch, GivesTorchsLogits) {
  const ImportedClassifier imported = import_torch_classifier(kFile, kImport);
  EXPECT_TRUE(imported.left.empty());
  EXPECT_EQ(imported.pipeline.labels().size(), 7u);  // as the file has
  const auto expected = read_json_file(FOVEA_ZOO_FOLDER "/tiny_alexnet.json").at("logits").get<std::vector<double>>();
  test::expect_near(logits_of(imported.pipeline.network()), expected, 1e-5);
}

// Where weights of VGG and AlexNet go wrong elsewhere: torch flattens channel by channel, this library pixel by pixel.
TEST(ImportTorch, ColumnsBehindAFlattenedImageArePermuted) {
  const ImportedClassifier imported = import_torch_classifier(kFile, kImport);
  Tensor memory, file;
  for (const StateEntry& entry : imported.pipeline.network().state_dict())
    if (entry.name == "classifier.1.weight") memory = entry.tensor;
  for (const NamedTensor& tensor : read_weights(kFile))
    if (tensor.name == "classifier.1.weight") file = tensor.tensor;
  ASSERT_EQ(memory.shape(), Shape({8, 6 * 6 * 3}));
  ASSERT_EQ(file.shape(), memory.shape());
  for (const auto [unit, y, x, c] : {std::array{0, 0, 0, 1}, std::array{3, 5, 2, 0}, std::array{7, 4, 3, 2}})
    EXPECT_EQ(memory.span<float>()[static_cast<std::size_t>(unit * 108 + (y * 6 + x) * 3 + c)],
              file.span<float>()[static_cast<std::size_t>(unit * 108 + c * 36 + y * 6 + x)]);
}

TEST(ImportTorch, ExportGivesTheFileBack) {
  const test::TemporaryFolder folder;
  import_torch_classifier(kFile, kImport).pipeline.save(folder / "a.fovea");
  export_safetensors(folder / "a.fovea", folder / "b.safetensors");
  const SafetensorsFile before = read_safetensors(kFile), after = read_safetensors(folder / "b.safetensors");
  EXPECT_EQ(after.metadata, (std::map<std::string, std::string>{{"format", "pt"}}));
  ASSERT_EQ(after.tensors.size(), before.tensors.size());
  for (std::size_t i = 0; i < before.tensors.size(); ++i) {
    EXPECT_EQ(after.tensors[i].name, before.tensors[i].name);
    ASSERT_EQ(after.tensors[i].tensor.spec(), before.tensors[i].tensor.spec());
    EXPECT_EQ(std::memcmp(after.tensors[i].tensor.raw_data(), before.tensors[i].tensor.raw_data(), before.tensors[i].tensor.bytes()), 0)
        << before.tensors[i].name;
  }
}

TEST(ImportTorch, PreprocessingIsImageNetsUnlessToldOtherwise) {
  const Preprocessing usual = import_torch_classifier(kFile, kImport).pipeline.preprocessing();
  EXPECT_EQ(usual.width, 224);
  EXPECT_EQ(usual.mean, kImageNetMean);
  EXPECT_EQ(usual.deviation, kImageNetDeviation);
  EXPECT_EQ(usual.resize, Preprocessing::ResizeMode::stretch);
  ImportOptions options = kImport;
  options.resize = "letterbox";
  options.image_size = "448x224";
  options.mean = options.deviation = {0.5, 0.5, 0.5};
  options.names = {"a", "b", "c", "d", "e", "f", "g"};
  const ClassificationPipeline pipeline = import_torch_classifier(kFile, options).pipeline;
  EXPECT_EQ(pipeline.preprocessing().resize, Preprocessing::ResizeMode::letterbox);
  EXPECT_EQ(pipeline.preprocessing().width, 448);
  EXPECT_THAT(pipeline.preprocessing().mean, Each(0.5));
  EXPECT_EQ(pipeline.labels(), options.names);
}

TEST(ImportTorch, EverythingThatDoesNotFitIsListedAtOnce) {
  EXPECT_THAT(
      [] { import_torch_classifier(kFile, {.model = "alexnet", .model_options = R"({"widths":[4,5,6,4,3],"hidden":9})"}); },
      ThrowsMessage<FileError>(AllOf(HasSubstr("tiny_alexnet.safetensors"), HasSubstr("classifier.1.weight is [8,108], expected [9,108]"),
                                     HasSubstr("classifier.4.bias is [8], expected [9]"), Not(HasSubstr("features")))));
  EXPECT_THAT([] { import_torch_classifier(kFile, {.model = "squeezenet1-1"}); },
              ThrowsMessage<FileError>(AllOf(HasSubstr("missing: features.3.squeeze.weight f32 [16,64,1,1]"),
                                             HasSubstr("unexpected: classifier.6.bias f32 [7]"))));
}

TEST(ImportTorch, WrongOptionsAreNamed) {
  EXPECT_THAT([] { import_torch_classifier(kFile, {.model = "alexnets"}); },
              ThrowsMessage<OptionError>(HasSubstr("did you mean \"alexnet\"")));
  EXPECT_THROW(import_torch_classifier(kFile, {.model = "unet"}), OptionError);
  EXPECT_THROW(import_torch_classifier("nowhere.safetensors", kImport), FileError);
  ImportOptions options = kImport;
  options.names = {"one", "two"};
  EXPECT_THAT([&] { import_torch_classifier(kFile, options); }, ThrowsMessage<OptionError>(HasSubstr("7 classes but 2 labels")));
  options = kImport;
  options.mean = {0.5};
  EXPECT_THROW(import_torch_classifier(kFile, options), OptionError);
  options = kImport;
  options.load.allow = {"head.*"};
  EXPECT_THAT([&] { import_torch_classifier(kFile, options); }, ThrowsMessage<OptionError>(HasSubstr("\"head.*\" matches no tensor")));
}

TEST(LoadState, AnotherClassifierOnKnownFeatures) {
  AlexNet network({.classes = 3, .widths = {4, 5, 6, 4, 3}, .hidden = 8});
  initialize(network, 5);
  const std::vector<NamedTensor> tensors = read_weights(kFile);
  EXPECT_THROW(load_state(network, tensors), FileError);
  EXPECT_EQ(head_pattern(network), "classifier.6.*");
  EXPECT_THAT(load_state(network, tensors, {.allow = {head_pattern(network)}}), ElementsAre("classifier.6.weight", "classifier.6.bias"));
  EXPECT_EQ(logits_of(network).size(), 3u);
}

TEST(LoadState, WhatTheFileLacksIsDrawnAlikeEachTime) {
  ImportOptions options = kImport;
  options.load.allow = {"classifier.6.*"};
  std::vector<NamedTensor> tensors = read_weights(kFile);
  std::erase_if(tensors, [](const NamedTensor& tensor) { return tensor.name.starts_with("classifier.6"); });
  const test::TemporaryFolder folder;
  write_safetensors(folder / "headless.safetensors", {.tensors = tensors, .metadata = {}});
  const ImportedClassifier first = import_torch_classifier(folder / "headless.safetensors", options);
  const ImportedClassifier second = import_torch_classifier(folder / "headless.safetensors", options);
  EXPECT_THAT(first.left, ElementsAre("classifier.6.weight", "classifier.6.bias"));
  EXPECT_EQ(logits_of(first.pipeline.network()), logits_of(second.pipeline.network()));
}

}  // namespace
}  // namespace fovea
