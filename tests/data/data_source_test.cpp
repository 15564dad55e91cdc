#include "fovea/data/data_source.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "data_files.hpp"
#include "fovea/base/error.hpp"

namespace fovea {
namespace {

using test::write_class;
using testing::ElementsAre;
using testing::HasSubstr;

template <class Call>
std::string option_error(Call&& call) {
  try {
    call();
  } catch (const OptionError& error) {
    return error.what();
  }
  return "no error";
}

std::set<std::string> ids(const ClassificationDatasetPtr& dataset) {
  std::set<std::string> result;
  for (std::int64_t i = 0; dataset != nullptr && i < dataset->size(); ++i) result.insert(dataset->id(i));
  return result;
}

std::string folder_source(const test::TemporaryFolder& folder) { return "folder:" + folder.path().string(); }

TEST(DataSource, HasASchemeAndAPath) {
  const DataSource source = parse_data_source("folder:some/path:with colon", {"idx", "folder"});
  EXPECT_EQ(source.scheme, "folder");
  EXPECT_EQ(source.path, "some/path:with colon");
  EXPECT_THAT(option_error([] { parse_data_source("photos", {"idx", "folder"}); }), HasSubstr("write idx:photos or folder:photos"));
  EXPECT_THAT(option_error([] { parse_data_source("fodler:x", {"idx", "folder"}); }), HasSubstr("did you mean \"folder\"?"));
  EXPECT_THAT(option_error([] { parse_data_source("idx:", {"idx", "folder"}); }), HasSubstr("expected a path"));
}

TEST(ClassificationData, AFolderWithoutSplitsGetsEightyTenTen) {
  const test::TemporaryFolder folder;
  write_class(folder, "ant", 100);
  write_class(folder, "bee", 20);
  const ClassificationData data = open_classification_data(folder_source(folder));
  EXPECT_THAT(data.labels, ElementsAre("ant", "bee"));
  EXPECT_EQ(data.train->size(), 80 + 16);
  EXPECT_EQ(data.val->size(), 10 + 2);
  EXPECT_EQ(data.test->size(), 10 + 2);
  std::set<std::string> all = ids(data.train);
  all.merge(ids(data.val));
  all.merge(ids(data.test));
  EXPECT_EQ(all.size(), 120U) << "no image is in two splits";
  ASSERT_EQ(data.notes.size(), 1U);
  EXPECT_THAT(data.notes[0], HasSubstr("seeded stratified 80/10/10 of 120 images (seed 1): train 96, val 12, test 12"));
  EXPECT_EQ(ids(open_classification_data(folder_source(folder)).test), ids(data.test));
  EXPECT_NE(ids(open_classification_data(folder_source(folder), {.seed = 2}).test), ids(data.test));
}

TEST(ClassificationData, TheTestSplitStaysOutOfTraining) {
  const test::TemporaryFolder folder;
  for (const char* name : {"train/ant", "train/bee"}) write_class(folder, name, 24);
  for (const char* name : {"test/ant", "test/bee"}) write_class(folder, name, 3);
  const ClassificationData data = open_classification_data(folder_source(folder));
  EXPECT_EQ(data.train->size(), 44);
  EXPECT_EQ(data.val->size(), 4);
  EXPECT_EQ(data.test->size(), 6);
  for (const auto& split : {data.train, data.val})
    for (const std::string& id : ids(split)) EXPECT_THAT(id, testing::StartsWith("train/"));
  EXPECT_THAT(data.notes.at(0), HasSubstr("val: seeded stratified twelfth of train (4 of 48, seed 1); train: the other 44"));
}

TEST(ClassificationData, GivenSplitsAreTakenAsTheyAre) {
  const test::TemporaryFolder folder;
  for (const char* name : {"train/ant", "train/bee"}) write_class(folder, name, 5);
  for (const char* name : {"val/ant", "val/bee"}) write_class(folder, name, 2);
  const ClassificationData data = open_classification_data(folder_source(folder));
  EXPECT_EQ(data.train->size(), 10);
  EXPECT_EQ(data.val->size(), 4);
  EXPECT_EQ(data.test, nullptr);
  EXPECT_TRUE(data.notes.empty());
  EXPECT_EQ(&data.require("val"), data.val.get());
  EXPECT_THAT(option_error([&] { data.require("test"); }), HasSubstr("has no test split; it has train, val"));
  EXPECT_EQ(resolve_split(data, "").name, "val");
}

TEST(ClassificationData, OneImageOfEachClassTrainsOnly) {
  const test::TemporaryFolder folder;
  write_class(folder, "ant", 1);
  write_class(folder, "bee", 1);
  const ClassificationData data = open_classification_data(folder_source(folder));
  EXPECT_EQ(data.train->size(), 2);
  EXPECT_EQ(data.val, nullptr);
  EXPECT_EQ(data.test, nullptr);
  EXPECT_EQ(data.notes.size(), 1U);
  EXPECT_EQ(resolve_split(data, "").name, "all");
}

TEST(ClassificationData, IdxFilesAndTheirNames) {
  const test::TemporaryFolder folder;
  std::vector<int> labels;
  for (int i = 0; i < 48; ++i) labels.push_back(i % 2);
  folder.write("train-images-idx3-ubyte", test::idx_images(48, 2, 2));
  folder.write("train-labels-idx1-ubyte", test::idx_labels(labels));
  const std::string names = folder.write("names.txt", "ant\nbee\n").string();
  const ClassificationData data = open_classification_data("idx:" + folder.path().string(), {.names_file = names});
  EXPECT_THAT(data.labels, ElementsAre("ant", "bee"));
  EXPECT_EQ(data.train->size(), 44);
  EXPECT_EQ(data.val->size(), 4);
  EXPECT_EQ(data.test, nullptr);
  EXPECT_THAT(open_classification_data("idx:" + folder.path().string(), {.names = {"x", "y", "z"}}).labels, ElementsAre("x", "y", "z"));
}

TEST(ResolveSplit, NamesAndDefaults) {
  const test::TemporaryFolder folder;
  write_class(folder, "ant", 10);
  write_class(folder, "bee", 10);
  const ClassificationData data = open_classification_data(folder_source(folder));
  EXPECT_EQ(resolve_split(data, "").name, "test");
  EXPECT_EQ(resolve_split(data, "").dataset, data.test);
  EXPECT_EQ(resolve_split(data, "train").dataset, data.train);
  EXPECT_EQ(resolve_split(data, "all").name, "all");
  EXPECT_EQ(resolve_split(data, "all").dataset->size(), 20);
  EXPECT_EQ(ids(resolve_split(data, "all").dataset).size(), 20U);
  EXPECT_THAT(option_error([&] { resolve_split(data, "tset"); }), HasSubstr("did you mean \"test\"?"));
}

}  // namespace
}  // namespace fovea
