// COCO's files: what is read, what is refused and with which words, and what comes back after writing.
#include "fovea/data/coco.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "fovea/base/error.hpp"
#include "fovea/base/file.hpp"
#include "fovea/base/json.hpp"
#include "support/shared_data.hpp"
#include "support/temporary_folder.hpp"

namespace fovea {
namespace {

using testing::AllOf;
using testing::HasSubstr;

/// One image, one class, and the given annotations.
std::string instances(const std::string& annotations) {
  return R"({"images": [{"id": 70, "file_name": "a.jpg", "width": 4, "height": 3}], )"
         R"("categories": [{"id": 9, "name": "cat"}], "annotations": [)" +
         annotations + "]}";
}

std::string annotation(const std::string& more) {
  return R"({"id": 5, "image_id": 70, "category_id": 9, "bbox": [1, 1, 2, 1])" + more + "}";
}

class Coco : public testing::Test {
 protected:
  DetectionDataset read(const std::string& text) const { return read_coco_instances(folder_.write("gt.json", text)); }
  DetectionResults results(const std::string& text) const { return read_coco_results(folder_.write("dt.json", text), read(instances(""))); }

  /// The error of reading instances names the file and holds `part`.
  void expect_refused(const std::string& text, const std::string& part) const {
    expect_error([&] { read(text); }, "gt.json", part);
  }
  void expect_results_refused(const std::string& text, const std::string& part) const {
    expect_error([&] { results(text); }, "dt.json", part);
  }

  template <class Action>
  void expect_error(Action&& action, const std::string& file, const std::string& part) const {
    try {
      action();
      ADD_FAILURE() << "nothing was wrong, expected: " << part;
    } catch (const FileError& error) {
      EXPECT_THAT(error.what(), AllOf(HasSubstr(file), HasSubstr(part)));
    }
  }

  test::TemporaryFolder folder_;
};

TEST_F(Coco, ReadsEverySegmentation) {
  const DetectionDataset data =
      read(instances(annotation(R"(, "area": 1.5, "segmentation": [[1, 1, 3, 1, 3, 2], [0, 0, 1, 0, 1, 1, 0, 1]])") + "," +
                     annotation(R"(, "iscrowd": 1, "segmentation": {"size": [3, 4], "counts": [2, 3, 7]})") + "," +
                     annotation(R"(, "segmentation": {"size": [3, 4], "counts": "237"})") + "," +
                     annotation(R"(, "segmentation": [], "difficult": true, "truncated": 1)")));
  ASSERT_EQ(data.annotations.size(), 4u);
  EXPECT_EQ(data.images[0], (DetectionImage{70, "a.jpg", 4, 3}));
  EXPECT_EQ(data.categories[0], (DetectionCategory{9, "cat", ""}));
  EXPECT_EQ(data.annotations[0].box, (XywhBox{1, 1, 2, 1}));
  EXPECT_EQ(data.annotations[0].area, 1.5);
  EXPECT_EQ(std::get<Polygons>(data.annotations[0].segmentation).size(), 2u);
  EXPECT_TRUE(data.annotations[1].is_crowd);
  EXPECT_EQ(data.annotations[1].area, 2) << "the box's, where the file has none";
  const RleMask mask{3, 4, {2, 3, 7}};
  EXPECT_EQ(std::get<RleMask>(data.annotations[1].segmentation), mask);
  EXPECT_EQ(std::get<RleMask>(data.annotations[2].segmentation), mask);
  EXPECT_TRUE(std::holds_alternative<std::monostate>(data.annotations[3].segmentation));
  EXPECT_TRUE(data.annotations[3].is_difficult);
  EXPECT_TRUE(data.annotations[3].is_truncated);
  EXPECT_THAT(data.notes, testing::ElementsAre(HasSubstr("3 of 4 annotations have no area")));
}

TEST_F(Coco, IdsAreNeverRenumbered) {
  const DetectionDataset data =
      read(R"({"images": [{"id": 9007199254740993}, {"id": -4}], "categories": [{"id": 90, "name": "z"}, {"id": 1, "name": "a"}],
    "annotations": [{"id": 3, "image_id": -4, "category_id": 1, "bbox": [0.1, 0.2, 1e-3, 12345.678], "area": 1}]})");
  EXPECT_EQ(data.images[0].id, 9007199254740993) << "more than a double holds";
  EXPECT_EQ(data.annotations[0].image, 1);
  EXPECT_EQ(data.annotations[0].category, 1);
  EXPECT_EQ(data.annotations[0].box, (XywhBox{0.1, 0.2, 1e-3, 12345.678})) << "not rounded";
}

TEST_F(Coco, WhatIsNoJsonIsNamedWithItsPlace) {
  const std::string whole = instances(annotation(""));
  for (std::size_t size = 0; size < whole.size(); ++size)
    expect_refused(whole.substr(0, size), size == 0 ? "is empty" : "is not valid JSON at line 1");
  expect_refused("{\n \"images\": [,]}", "line 2, column 13");
  expect_refused("  \n", "is empty");
  expect_refused(instances(annotation(R"(, "area": NaN)")), "is not valid JSON at line 1");
  expect_refused(instances(annotation(R"(, "area": Infinity)")), "is not valid JSON at line 1");
  expect_refused(instances(annotation(R"(, "area": 1e999)")), "is not valid JSON at line 1");
  expect_refused(std::string("\xff\xfe{}"), "is not valid JSON at line 1");
}

TEST_F(Coco, EveryDamagedByteIsAnErrorOrData) {
  const std::string whole = instances(annotation(R"(, "area": 2.5, "segmentation": {"size": [3, 4], "counts": "237"})"));
  std::size_t refused = 0;
  for (std::size_t at = 0; at < whole.size(); ++at)
    for (const char c : {'"', ']', '\xff'}) {
      std::string damaged = whole;
      damaged[at] = c;
      try {
        read(damaged);
      } catch (const FileError&) {
        ++refused;
      }
    }
  EXPECT_GT(refused, whole.size());
}

TEST_F(Coco, WrongKindsAreNamedWithTheirPlace) {
  expect_refused("[]", "expected an object, found a list");
  expect_refused("{}", "found no \"images\"");
  expect_refused(R"({"images": 3, "categories": [], "annotations": []})", "images: expected a list, found 3");
  expect_refused(R"({"images": [{"file_name": "a"}], "categories": [], "annotations": []})", "images[0]: \"id\" is missing");
  expect_refused(R"({"images": [{"id": "7"}], "categories": [], "annotations": []})",
                 "images[0].id: expected a whole number of 64 bits, found \"7\"");
  expect_refused(R"({"images": [{"id": 1.5}], "categories": [], "annotations": []})", "images[0].id: expected a whole number");
  expect_refused(R"({"images": [{"id": 18446744073709551615}], "categories": [], "annotations": []})",
                 "images[0].id: expected a whole number");
  expect_refused(R"({"images": [{"id": 1}, {"id": 1}], "categories": [], "annotations": []})", "images[1].id: 1 for the second time");
  expect_refused(R"({"images": [{"id": 1, "width": -5}], "categories": [], "annotations": []})", "images[0].width: expected 0 to");
  expect_refused(R"({"images": [], "categories": [{"id": 1, "name": 5}], "annotations": []})",
                 "categories[0].name: expected text, found 5");
  expect_refused(instances("7"), "annotations[0]: expected an object, found 7");
  expect_refused(instances(R"({"image_id": 70, "category_id": 9})"), "annotations[0]: \"bbox\" is missing");
  expect_refused(instances(R"({"image_id": 71, "category_id": 9, "bbox": [1,2,3,4]})"), "annotations[0].image_id: there is no image 71");
  expect_refused(instances(R"({"image_id": 70, "category_id": 8, "bbox": [1,2,3,4]})"),
                 "annotations[0].category_id: there is no category 8");
  expect_refused(instances(annotation("") + R"(, {"image_id": 70, "category_id": 9, "bbox": [1,2,3]})"),
                 "annotations[1].bbox: expected 4 numbers");
  expect_refused(instances(R"({"image_id": 70, "category_id": 9, "bbox": [1,2,null,4]})"),
                 "annotations[0].bbox: expected a number, found null");
  expect_refused(instances(annotation(R"(, "iscrowd": 2)")), "annotations[0].iscrowd: expected 0, 1, false or true, found 2");
}

TEST_F(Coco, DamagedSegmentationsAreNamedWithTheirPlace) {
  const auto refused = [&](const std::string& segmentation, const std::string& part) {
    expect_refused(instances(annotation(R"(, "segmentation": )" + segmentation)), "annotations[0].segmentation: " + part);
  };
  refused(R"({"size": [3, 4], "counts": [5, 8]})", "run 1 ends after the mask");
  refused(R"({"size": [3, 4], "counts": [4294967295, 4294967295]})", "run 0 ends after the mask");
  refused(R"({"size": [3, 4], "counts": [5, -8]})", "run 1 has a length of -8");
  refused(R"({"size": [3, 4], "counts": "ooooooooooooo"})", "character 7 of the run lengths");
  refused(R"({"size": [3, 4], "counts": "2\u0000"})", "character 1 of the run lengths");
  refused(R"({"size": [300000, 400000], "counts": "2"})", "a mask of 400000x300000 in an image of 4x3");
  refused(R"({"size": [3], "counts": "2"})", "expected a size of two numbers");
  refused(R"({"size": [3.5, 1e300], "counts": "2"})", "expected a whole number of 64 bits, found 3.5");
  refused(R"({"size": [3, 1e300], "counts": "2"})", "expected a whole number of 64 bits, found 1e");
  refused(R"({"counts": "2"})", "expected \"size\" and \"counts\"");
  refused(R"([[1, 2, 3, 4, 5]])", "expected polygons of pairs x, y, found one of 5 numbers");
  refused(R"([[1, 2], [1, 2, 3, 4, 5, 6]])", "expected polygons of pairs x, y, found one of 2 numbers");
  refused(R"(["x"])", "expected a list, found \"x\"");
  refused("7", "expected a list, found 7");
}

TEST_F(Coco, DeepNestingAndLongLinesAreBounded) {
  expect_refused(std::string(5'000'000, '['), "line 1, column 5000001");
  expect_refused(R"({"images": )" + std::string(100'000, '[') + std::string(100'000, ']') + "}", "nested more than 1024 levels");
  expect_refused(std::string(10'000'000, 'x'), "line 1, column 1");
  expect_refused(instances(annotation(R"(, "x": ")" + std::string(10'000'000, 'y') + R"(", "area": "z")")),
                 "annotations[0].area: expected a number");
  expect_refused(instances(annotation(R"(, "area": ")" + std::string(10'000'000, 'y') + "\"")), "yyy...");
}

TEST_F(Coco, Results) {
  const DetectionResults found = results(R"([{"image_id": 70, "category_id": 9, "score": 0.25, "bbox": [1, 2, 3, 4]},
    {"image_id": 70, "category_id": 1, "score": 1, "bbox": [1, 2, 3, 4]}])");
  ASSERT_EQ(found.results.size(), 1u);
  EXPECT_EQ(found.results[0], (DetectionResult{0, 0, {1, 2, 3, 4}, 0.25, {}}));
  EXPECT_THAT(found.notes, testing::ElementsAre(HasSubstr("1 results of categories that the ground truth does not have are left out")));
  EXPECT_TRUE(results("[]").results.empty()) << "a detector may find nothing";

  const DetectionResults masks =
      results(R"([{"image_id": 70, "category_id": 9, "score": 0.25, "segmentation": {"size": [3, 4], "counts": "336"}}])");
  EXPECT_FALSE(masks.has_boxes);
  EXPECT_EQ(masks.results[0].box, (XywhBox{1, 0, 1, 3})) << "around the mask";
}

TEST_F(Coco, DamagedResultsAreNamedWithTheirPlace) {
  expect_results_refused("{}", "expected a list, found an object");
  expect_results_refused(R"([{"image_id": 71, "category_id": 9, "score": 1, "bbox": [1, 2, 3, 4]}])",
                         "results[0].image_id: the ground truth has no image 71");
  expect_results_refused(R"([{"image_id": 70, "category_id": 9, "bbox": [1, 2, 3, 4]}])", "results[0]: \"score\" is missing");
  expect_results_refused(R"([{"image_id": 70, "category_id": 9, "score": 1}])", "results[0]: expected \"bbox\" or \"segmentation\"");
  expect_results_refused(R"([{"image_id": 70, "category_id": 9, "score": NaN, "bbox": [1, 2, 3, 4]}])", "is not valid JSON at line 1");
  expect_results_refused(R"([{"image_id": 70, "category_id": 9, "score": 1, "bbox": [1, NaN, 3, 4]}])", "is not valid JSON at line 1");
  expect_results_refused(R"([{"image_id": 70, "category_id": 9, "score": 1, "bbox": [1, 2, 3, 4]}, )"
                         R"({"image_id": 70, "category_id": 9, "score": 1, "segmentation": [[1, 2, 3, 4, 5, 6]]}])",
                         "results[1]: \"bbox\" is missing; the first result has one");
}

TEST_F(Coco, ScoredInstancesAreMatchedByName) {
  const DetectionDataset truth = read(instances(""));
  const auto scored = [&](const std::string& file_name, const std::string& name, const std::string& score) {
    return read_coco_scored_instances(
        folder_.write("dt.json", R"({"images": [{"id": 0, "file_name": ")" + file_name + R"("}], "categories": [{"id": 3, "name": ")" +
                                     name +
                                     R"("}], "annotations": [{"id": 1, "image_id": 0, "category_id": 3, "bbox": [1, 2, 3, 4], "area": 1)" +
                                     score + "}]}"),
        truth);
  };
  EXPECT_EQ(scored("a.jpg", "cat", R"(, "score": 0.5)").results, (std::vector<DetectionResult>{{0, 0, {1, 2, 3, 4}, 0.5, {}}}));
  EXPECT_THAT(scored("a.jpg", "dog", R"(, "score": 0.5)").notes, testing::ElementsAre(HasSubstr("1 results")));
  expect_error([&] { scored("b.jpg", "cat", R"(, "score": 0.5)"); }, "dt.json", "the ground truth has no image \"b.jpg\"");
  expect_error([&] { scored("a.jpg", "cat", ""); }, "dt.json", "annotations[0]: \"score\" is missing");
}

TEST_F(Coco, MissingFilesAreNamed) {
  expect_error([&] { read_coco_instances(folder_ / "none.json"); }, "none.json", "No such file");
  expect_error([&] { read_coco_instances(folder_.path()); }, folder_.path().string(), "");
}

TEST_F(Coco, WritingAndReadingGivesTheSame) {
  DetectionDataset data =
      read(instances(annotation(R"(, "area": 0.1, "segmentation": [[1, 1, 3, 1.1, 3, 2]])") + "," +
                     annotation(R"(, "area": 1e-7, "iscrowd": 1, "segmentation": {"size": [3, 4], "counts": [2, 3, 7]})") + "," +
                     annotation(R"(, "area": 3, "segmentation": {"size": [3, 4], "counts": "237"}, "difficult": 1, "truncated": 1)")));
  write_coco_instances(folder_ / "out.json", data);
  const DetectionDataset back = read_coco_instances(folder_ / "out.json");
  EXPECT_EQ(back.images, data.images);
  EXPECT_EQ(back.categories, data.categories);
  EXPECT_EQ(back.annotations, data.annotations);

  const DetectionResults found = results(
      R"([{"image_id": 70, "category_id": 9, "score": 0.1, "bbox": [0.1, 0.2, 3, 4], "segmentation": {"size": [3, 4], "counts": "237"}}])");
  write_coco_results(folder_ / "results.json", found, data);
  EXPECT_EQ(read_coco_results(folder_ / "results.json", data).results, found.results);
}

TEST_F(Coco, RealInstancesComeBack) {
  FOVEA_NEEDS_SHARED("data/coco64/annotations/instances.json");
  const DetectionDataset data = read_coco_instances(test::shared_path("data/coco64/annotations/instances.json"));
  EXPECT_EQ(data.images.size(), 64u);
  EXPECT_EQ(data.annotations.size(), 430u);
  EXPECT_EQ(std::count_if(data.annotations.begin(), data.annotations.end(), [](const auto& a) { return a.is_crowd; }), 7);
  write_coco_instances(folder_ / "out.json", data);
  const DetectionDataset back = read_coco_instances(folder_ / "out.json");
  EXPECT_EQ(back.images, data.images);
  EXPECT_EQ(back.categories, data.categories);
  EXPECT_EQ(back.annotations, data.annotations);
}

TEST_F(Coco, CompressedRunsComeBackLetterByLetter) {
  FOVEA_NEEDS_SHARED("oracles/coco/coco_masks");
  const DetectionDataset truth = read_coco_instances(test::shared_path("oracles/coco/coco_masks/ground_truth.json"));
  const std::filesystem::path file = test::shared_path("oracles/coco/coco_masks/detections.json");
  const DetectionResults found = read_coco_results(file, truth);
  const Json expected = read_json_file(file);
  ASSERT_EQ(found.results.size(), expected.size());
  for (std::size_t i = 0; i < expected.size(); ++i)
    EXPECT_EQ(to_compressed(std::get<RleMask>(found.results[i].mask)), expected[i].at("segmentation").at("counts").get<std::string>());
}

}  // namespace
}  // namespace fovea
