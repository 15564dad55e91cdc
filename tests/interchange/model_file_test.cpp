#include "fovea/interchange/model_file.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <numeric>

#include "fovea/base/error.hpp"
#include "fovea/base/file.hpp"
#include "fovea/base/version.hpp"
#include "support/temporary_folder.hpp"

namespace fovea {
namespace {

using testing::AllOf;
using testing::Each;
using testing::ElementsAre;
using testing::HasSubstr;

const FileLayout kConv{.kind = FileLayout::Kind::conv_filter};

Tensor counting(const Shape& shape) {
  std::vector<float> values(static_cast<std::size_t>(shape.numel()));
  std::iota(values.begin(), values.end(), 0.F);
  return Tensor::from(values, shape);
}

StateDict sample_state() {
  return {{"conv1.weight", counting({2, 1, 2, 3}), kConv},  // K=2, R=1, S=2, C=3
          {"fc.weight", counting({2, 12}), {.kind = FileLayout::Kind::linear_after_flatten, .height = 2, .width = 2, .channels = 3}},
          {"bn.num_batches_tracked", Tensor::from<std::int64_t>({5}, {}), {}}};
}

ModelMetadata sample_metadata() {
  return {.task = "classify",
          .architecture = R"({"name":"tiny"})",
          .labels = {"T-shirt/top", "Kleid \"ü\""},
          .preprocessing = R"({"size":[28,28]})",
          .training = R"({"epochs":6})"};
}

/// The same names, shapes and types, all zero.
StateDict cleared(StateDict state) {
  for (StateEntry& entry : state) entry.tensor = Tensor::zeros(entry.tensor.shape(), entry.tensor.dtype());
  return state;
}

template <class Call>
std::string error_of(Call&& call) {
  try {
    call();
  } catch (const FileError& error) {
    return error.what();
  }
  return "no error";
}

/// Of a file whose tensors are cut off, too: they are not read.
TEST(ModelFile, MetadataIsReadAlone) {
  const test::TemporaryFolder folder;
  save_model(folder / "m.fovea", sample_state(), sample_metadata());
  const std::string whole = read_text_file(folder / "m.fovea");
  for (const std::size_t cut : {std::size_t{0}, std::size_t{10}, std::size_t{100}}) {
    folder.write("cut.fovea", whole.substr(0, whole.size() - cut));
    const ModelMetadata metadata = load_model_metadata(folder / "cut.fovea");
    EXPECT_EQ(metadata.task, sample_metadata().task);
    EXPECT_EQ(metadata.architecture, sample_metadata().architecture);
    EXPECT_EQ(metadata.labels, sample_metadata().labels);
    EXPECT_EQ(metadata.preprocessing, sample_metadata().preprocessing);
    EXPECT_EQ(metadata.training, sample_metadata().training);
  }
  for (const std::size_t length : {std::size_t{0}, std::size_t{7}, std::size_t{40}}) {
    folder.write("cut.fovea", whole.substr(0, length));
    EXPECT_THAT(error_of([&] { load_model_metadata(folder / "cut.fovea"); }), HasSubstr("is not a valid safetensors file")) << length;
  }
  EXPECT_THAT(error_of([&] { load_model_metadata(folder / "none.fovea"); }), HasSubstr("cannot be opened"));
  EXPECT_THAT(error_of([&] { load_model_metadata(folder.path()); }), HasSubstr("is not a valid safetensors file"));
}

TEST(ModelFile, MetadataAndStateComeBack) {
  const test::TemporaryFolder folder;
  const StateDict state = sample_state();
  save_model(folder / "m.fovea", state, sample_metadata());
  const ModelFile model = load_model_file(folder / "m.fovea");
  EXPECT_EQ(model.metadata.task, "classify");
  EXPECT_EQ(model.metadata.architecture, R"({"name":"tiny"})");
  EXPECT_EQ(model.metadata.labels, sample_metadata().labels);
  EXPECT_EQ(model.metadata.preprocessing, R"({"size":[28,28]})");
  EXPECT_EQ(model.metadata.training, R"({"epochs":6})");
  EXPECT_EQ(model.written_by, version());

  StateDict loaded = cleared(state);
  load_state(model.tensors, loaded, "m.fovea");
  for (std::size_t i = 0; i < state.size(); ++i)
    EXPECT_EQ(std::memcmp(loaded[i].tensor.raw_data(), state[i].tensor.raw_data(), state[i].tensor.bytes()), 0) << state[i].name;
}

TEST(ModelFile, FiltersAreChannelsFirstInTheFile) {
  const test::TemporaryFolder folder;
  save_model(folder / "m.fovea", sample_state(), sample_metadata());
  const SafetensorsFile file = read_safetensors(folder / "m.fovea");
  const auto conv = std::find_if(file.tensors.begin(), file.tensors.end(), [](const auto& t) { return t.name == "conv1.weight"; });
  ASSERT_NE(conv, file.tensors.end());
  EXPECT_EQ(conv->tensor.shape(), Shape({2, 3, 1, 2}));
  EXPECT_THAT(conv->tensor.to_vector<float>(), ElementsAre(0, 3, 1, 4, 2, 5, 6, 9, 7, 10, 8, 11));
}

TEST(ModelFile, MetadataMustBeJsonText) {
  const test::TemporaryFolder folder;
  ModelMetadata metadata = sample_metadata();
  metadata.architecture = "lenet5";
  EXPECT_THROW(save_model(folder / "m.fovea", {}, metadata), OptionError);
  metadata = sample_metadata();
  metadata.labels = {"\xff"};
  EXPECT_THROW(save_model(folder / "m.fovea", {}, metadata), OptionError);
}

TEST(ModelFile, FrozenFormat1Loads) {
  const ModelFile model = load_model_file(FROZEN_FOLDER "/format_1.fovea");
  EXPECT_EQ(model.written_by, "0.1.0");
  EXPECT_EQ(model.metadata.task, "classify");
  EXPECT_EQ(model.metadata.architecture, R"({"name": "tiny", "options": {"classes": 2}})");
  EXPECT_THAT(model.metadata.labels, ElementsAre("ant", "Biene ä"));
  EXPECT_EQ(model.metadata.preprocessing, R"({"size": [4, 4], "mean": [0.5]})");
  EXPECT_EQ(model.metadata.training, R"({"epochs": 3})");

  StateDict state = {{"conv1.weight", Tensor::zeros({2, 1, 2, 3}), kConv},
                     {"conv1.bias", Tensor::zeros({2}), {}},
                     {"bn1.num_batches_tracked", Tensor::zeros({}, DType::i64), {}},
                     {"fc.weight", Tensor::zeros({2, 2}, DType::f64), {}}};
  load_state(model.tensors, state, "format_1.fovea");
  // OIHW 0..11 eighths: [0][c][0][s] = (2c + s) / 8, so memory [k][0][s][c] reads 0 2 4 | 1 3 5 | 6 8 10 | 7 9 11.
  EXPECT_THAT(state[0].tensor.to_vector<float>(), ElementsAre(0, .25F, .5F, .125F, .375F, .625F, .75F, 1, 1.25F, .875F, 1.125F, 1.375F));
  EXPECT_THAT(state[1].tensor.to_vector<float>(), ElementsAre(-1.5F, 2.25F));
  EXPECT_THAT(state[2].tensor.to_vector<std::int64_t>(), ElementsAre(1234567890123));
  EXPECT_THAT(state[3].tensor.to_vector<double>(), ElementsAre(0.1, -0.2, 1e300, 4.0));
}

struct BadMetadata {
  const char* name;
  const char* key;
  const char* value;  // null: the key is missing
  const char* expected;
};

class BadModelFile : public testing::TestWithParam<BadMetadata> {};

TEST_P(BadModelFile, IsRefusedWithTheReason) {
  const test::TemporaryFolder folder;
  save_model(folder / "good.fovea", sample_state(), sample_metadata());
  SafetensorsFile file = read_safetensors(folder / "good.fovea");
  if (GetParam().value == nullptr)
    file.metadata.erase(GetParam().key);
  else
    file.metadata[GetParam().key] = GetParam().value;
  write_safetensors(folder / "bad.fovea", file);
  EXPECT_THAT(error_of([&] { load_model_file(folder / "bad.fovea"); }), AllOf(HasSubstr("bad.fovea"), HasSubstr(GetParam().expected)));
}

INSTANTIATE_TEST_SUITE_P(
    All, BadModelFile,
    testing::Values(BadMetadata{"no_format", "fovea.format_version", nullptr, "is a safetensors file but not a fovea model"},
                    BadMetadata{"newer", "fovea.format_version", "2", "of format 2, written by a newer fovea"},
                    BadMetadata{"zero", "fovea.format_version", "0", "has the fovea.format_version \"0\""},
                    BadMetadata{"text", "fovea.format_version", "1b", "has the fovea.format_version \"1b\""},
                    BadMetadata{"huge", "fovea.format_version", "99999999999999", "has the fovea.format_version"},
                    BadMetadata{"no_architecture", "fovea.architecture", nullptr, "no fovea.architecture"},
                    BadMetadata{"broken_architecture", "fovea.architecture", "{", "fovea.architecture: is not valid JSON"},
                    BadMetadata{"no_labels", "fovea.labels", nullptr, "no fovea.labels"},
                    BadMetadata{"labels_object", "fovea.labels", "{}", "fovea.labels is object, expected an array"},
                    BadMetadata{"label_number", "fovea.labels", "[1]", "fovea.labels holds number, expected strings"},
                    BadMetadata{"no_preprocessing", "fovea.preprocessing", nullptr, "no fovea.preprocessing"},
                    BadMetadata{"broken_training", "fovea.training", "x", "fovea.training: is not valid JSON"},
                    BadMetadata{"no_task", "fovea.task", nullptr, "no fovea.task"}),
    [](const auto& test) { return test.param.name; });

TEST(ModelFile, OtherFilesAreRefused) {
  const test::TemporaryFolder folder;
  EXPECT_THROW(load_model_file(folder / "missing.fovea"), FileError);
  EXPECT_THROW(load_model_file(folder.path()), FileError);
  EXPECT_THROW(load_model_file(folder.write("text.fovea", "not a model, but long enough for a header")), FileError);
}

TEST(LoadState, ListsEverythingThatDoesNotFitAndChangesNothing) {
  StateDict state = {{"conv1.weight", Tensor::full({2, 5, 5, 3}, 9), kConv},
                     {"conv1.bias", Tensor::full({2}, 9), {}},
                     {"count", Tensor::full({}, 9, DType::i64), {}},
                     {"fine", Tensor::full({4}, 9), {}}};
  const std::vector<NamedTensor> tensors = {{"conv1.weight", Tensor::zeros({2, 1, 5, 5})},
                                            {"count", Tensor::zeros({})},
                                            {"fine", Tensor::zeros({4})},
                                            {"fc.weight", Tensor::zeros({10, 2})}};
  EXPECT_EQ(error_of([&] { load_state(tensors, state, "m.fovea"); }),
            "m.fovea: its tensors do not fit the network:"
            "\n  wrong shape: conv1.weight is [2,1,5,5], expected [2,3,5,5]"
            "\n  missing: conv1.bias f32 [2]"
            "\n  wrong type: count is f32, expected i64"
            "\n  unexpected: fc.weight f32 [10,2]");
  EXPECT_THAT(state[3].tensor.to_vector<float>(), Each(9));
  EXPECT_EQ(state[3].tensor.storage().version(), 0U);
}

TEST(LoadState, AllowedNamesAreLeftAsTheyAre) {
  StateDict state = {{"conv.weight", Tensor::zeros({2}), {}},
                     {"fc.weight", Tensor::full({3, 2}, 9), {}},
                     {"fc.bias", Tensor::full({3}, 9), {}},
                     {"fc.scale", Tensor::full({1}, 9), {}},
                     {"fc.kept", Tensor::full({1}, 9), {}}};
  const std::vector<NamedTensor> tensors = {{"conv.weight", Tensor::full({2}, 4)},
                                            {"fc.weight", Tensor::zeros({10, 2})},
                                            {"fc.bias", Tensor::zeros({3}, DType::i64)},
                                            {"fc.kept", Tensor::full({1}, 5)},
                                            {"aux.weight", Tensor::zeros({1})}};
  EXPECT_THAT(error_of([&] { load_state(tensors, state, "m", {.allow = {"fc.*"}}); }),
              HasSubstr("network:\n  unexpected: aux.weight f32 [1]"));
  EXPECT_THAT(state[0].tensor.to_vector<float>(), Each(0));
  EXPECT_THAT(load_state(tensors, state, "m", {.allow = {"fc.*", "aux.*"}}), ElementsAre("fc.weight", "fc.bias", "fc.scale"));
  EXPECT_THAT(state[0].tensor.to_vector<float>(), Each(4));
  for (const int i : {1, 2, 3}) EXPECT_THAT(state[static_cast<std::size_t>(i)].tensor.to_vector<float>(), Each(9));
  EXPECT_THAT(state[4].tensor.to_vector<float>(), Each(5));  // what fits is loaded
}

TEST(LoadState, AnAllowedPatternThatMatchesNothingIsAnError) {
  StateDict state = {{"a", Tensor::zeros({2}), {}}};
  EXPECT_THROW(load_state(std::vector<NamedTensor>{{"a", Tensor::zeros({2})}}, state, "m", {.allow = {"head.*"}}), OptionError);
}

TEST(LoadState, OldFilesHaveNoBatchCounters) {
  StateDict state = {{"bn.num_batches_tracked", Tensor::full({}, 3, DType::i64), {}}};
  EXPECT_THAT(load_state(std::vector<NamedTensor>{}, state, "m"), ElementsAre("bn.num_batches_tracked"));
  EXPECT_EQ(state[0].tensor.item(), 3);
}

TEST(LoadState, FloatingTypesConvert) {
  StateDict state = {{"a", Tensor::zeros({2}, DType::f64), {}}, {"b", Tensor::zeros({2}), {}}};
  load_state(std::vector<NamedTensor>{{"b", Tensor::from<double>({0.1, 2}, {2})}, {"a", Tensor::from<float>({0.1F, 3}, {2})}}, state, "m");
  EXPECT_THAT(state[0].tensor.to_vector<double>(), ElementsAre(static_cast<double>(0.1F), 3));
  EXPECT_THAT(state[1].tensor.to_vector<float>(), ElementsAre(0.1F, 2));
}

TEST(LoadState, WritesInPlaceAndSaysSo) {
  StateDict state = {{"a", Tensor::zeros({2}), {}}};
  const Tensor same = state[0].tensor;
  const std::uint64_t before = same.storage().version();
  load_state(std::vector<NamedTensor>{{"a", Tensor::from<float>({1, 2}, {2})}}, state, "m");
  EXPECT_THAT(same.to_vector<float>(), ElementsAre(1, 2));
  EXPECT_EQ(same.storage().version(), before + 1);
}

}  // namespace
}  // namespace fovea
