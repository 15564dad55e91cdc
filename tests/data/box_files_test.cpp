// VOC's XML, YOLO's labels and text boxes: what is read, and what is refused with which words.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <opencv2/core.hpp>

#include "fovea/base/error.hpp"
#include "fovea/data/box_text.hpp"
#include "fovea/data/detection_source.hpp"
#include "fovea/data/label_names.hpp"
#include "fovea/data/voc.hpp"
#include "fovea/data/yolo.hpp"
#include "support/shape_pictures.hpp"
#include "support/shared_data.hpp"
#include "support/temporary_folder.hpp"

namespace fovea {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;

/// The error of `action` names the file and holds `part`.
void expect_refused(const std::function<void()>& action, const std::string& file, const std::string& part) {
  try {
    action();
    ADD_FAILURE() << "nothing was wrong, expected: " << part;
  } catch (const FileError& error) {
    EXPECT_THAT(error.what(), AllOf(HasSubstr(file), HasSubstr(part)));
  }
}

class Voc : public testing::Test {
 protected:
  static std::string object(const std::string& name, const std::string& more = "") {
    return "<object>\n<name>" + name + "</name>" + more +
           "\n<bndbox><xmin>11</xmin><ymin>21</ymin><xmax>30</xmax><ymax>60</ymax></bndbox></object>\n";
  }
  void write(const std::string& stem, const std::string& inside) const {
    folder_.write("Annotations/" + stem + ".xml", "<annotation>\n" + inside + "</annotation>\n");
  }
  void expect_xml_refused(const std::string& text, const std::string& part) const {
    folder_.write("Annotations/a.xml", text);
    expect_refused([&] { read_voc(folder_.path(), "all"); }, "a.xml", part);
  }

  test::TemporaryFolder folder_;
};

TEST_F(Voc, CornersAreTheFirstAndTheLastPixel) {
  write("a", "<filename>a.png</filename><size><width>100</width><height>80</height></size>" + object("dog", "<difficult>1</difficult>") +
                 object("cat", "<truncated> 1 </truncated><pose>Left</pose><part><name>head</name></part>"));
  write("b", "");
  const DetectionDataset data = read_voc(folder_.path());
  EXPECT_EQ(data.split, "all");
  EXPECT_EQ(data.convention, PixelConvention::inclusive);
  EXPECT_EQ(data.images, (std::vector<DetectionImage>{{1, "a.png", 100, 80}, {2, "b.jpg", 0, 0}})) << "size and name may be missing";
  EXPECT_EQ(data.categories, (std::vector<DetectionCategory>{{1, "cat", ""}, {2, "dog", ""}}));
  ASSERT_EQ(data.annotations.size(), 2u);
  EXPECT_EQ(data.annotations[0].box, (XywhBox{10, 20, 20, 40}));
  EXPECT_EQ(data.annotations[0].category, 1);
  EXPECT_TRUE(data.annotations[0].is_difficult);
  EXPECT_FALSE(data.annotations[0].is_truncated);
  EXPECT_TRUE(data.annotations[1].is_truncated);
}

TEST_F(Voc, SplitsAreLists) {
  for (const char* stem : {"a", "b", "c"}) write(stem, object("dog"));
  folder_.write("ImageSets/Main/val.txt", "b\n\nc  -1\n");
  EXPECT_EQ(read_voc(folder_.path()).images.size(), 2u);
  EXPECT_EQ(read_voc(folder_.path()).split, "val");
  EXPECT_EQ(read_voc(folder_.path(), "all").images.size(), 3u);
  expect_refused([&] { read_voc(folder_.path(), "test"); }, "test.txt", "No such file");
  folder_.write("ImageSets/Main/test.txt", "z\n");
  expect_refused([&] { read_voc(folder_.path()); }, "z.xml", "No such file");
}

TEST_F(Voc, DamageIsNamedWithItsLine) {
  expect_xml_refused("", "line 1: is no valid XML");
  expect_xml_refused("<annotation>\n<object>", "line 2: is no valid XML");
  expect_xml_refused("<data/>", "has no <annotation>");
  expect_xml_refused("<annotation>\n\n<object><name>x</name></object></annotation>", "line 3: <object> has no <bndbox>");
  expect_xml_refused("<annotation>\n<object></object></annotation>", "line 2: <object> has no <name>");
  const auto with_xmin = [](const std::string& xmin) {
    return "<annotation><object><name>x</name><bndbox>\n<xmin>" + xmin +
           "</xmin><ymin>1</ymin><xmax>2</xmax><ymax>2</ymax></bndbox></object></annotation>";
  };
  expect_xml_refused(with_xmin("one"), "line 2: <xmin>: expected a finite number, found \"one\"");
  expect_xml_refused(with_xmin("nan"), "found \"nan\"");
  expect_xml_refused(with_xmin("1e999"), "found \"1e999\"");
  expect_xml_refused(with_xmin(""), "found \"\"");
  expect_xml_refused("<annotation>\n<object><name>x</name><bndbox><xmin>1</xmin></bndbox></object></annotation>",
                     "line 2: <bndbox> has no <ymin>");
  expect_xml_refused("<annotation>" + object("dog", "<difficult>yes</difficult>") + "</annotation>",
                     "line 2: <difficult>: expected 0 or 1");
  expect_xml_refused("<annotation><size><width>3</width></size></annotation>", "<size> has no <height>");
  expect_xml_refused("<annotation><size><width>-3</width><height>1e300</height></size></annotation>", "<width>: expected 0 to");
}

TEST_F(Voc, EntitiesNestingAndLongLinesAreBounded) {
  std::string lol =
      "<!DOCTYPE lolz [<!ENTITY lol \"lol\"><!ENTITY lol1 "
      "\"&lol;&lol;&lol;\">]>\n<annotation><object><name>&lol1;</name></object></annotation>";
  expect_xml_refused(lol, "defines XML entities");
  expect_xml_refused("<!DOCTYPE a [<!ENTITY x SYSTEM \"file:///etc/passwd\">]><annotation>&x;</annotation>", "defines XML entities");
  std::string deep;
  for (int i = 0; i < 300'000; ++i) deep += "<a>";
  expect_xml_refused(deep, "is no valid XML");
  expect_xml_refused("<annotation><object><name>" + std::string(10'000'000, 'x') + "</name></object></annotation>", "has no <bndbox>");
}

TEST_F(Voc, EveryCutIsAnErrorOrData) {
  const std::string whole = "<annotation>\n" + object("dog", "<difficult>1</difficult>") + "</annotation>";
  for (std::size_t size = 0; size < whole.size(); ++size) expect_xml_refused(whole.substr(0, size), "is no valid XML");
}

TEST_F(Voc, WritingAndReadingGivesTheSame) {
  write("a", "<filename>a.png</filename><size><width>100</width><height>80</height></size>" +
                 object("d &amp; &lt;g&gt;", "<difficult>1</difficult>") + object("cat", "<truncated>1</truncated>"));
  const DetectionDataset data = read_voc(folder_.path());
  write_voc(folder_ / "out", data, "train");
  const DetectionDataset back = read_voc(folder_ / "out", "train");
  EXPECT_EQ(back.images, data.images);
  EXPECT_EQ(back.categories, data.categories);
  EXPECT_EQ(back.annotations, data.annotations);
}

TEST_F(Voc, BloodCellsHaveTheNumbersOfTheirReadme) {
  FOVEA_NEEDS_SHARED("data/bccd");
  const std::filesystem::path folder = test::shared_path("data/bccd");
  const DetectionDataset all = read_voc(folder, "all");
  EXPECT_EQ(all.images.size(), 364u);
  EXPECT_EQ(all.annotations.size(), 4888u);
  EXPECT_THAT(all.categories,
              ElementsAre(DetectionCategory{1, "Platelets", ""}, DetectionCategory{2, "RBC", ""}, DetectionCategory{3, "WBC", ""}));
  EXPECT_EQ(read_voc(folder, "train").images.size(), 205u);
  EXPECT_EQ(read_voc(folder).images.size(), 72u) << "test by default";
  EXPECT_EQ(std::count_if(all.annotations.begin(), all.annotations.end(), [](const auto& a) { return a.box.width == 1; }), 2)
      << "xmin = xmax is one pixel";
}

class Yolo : public testing::Test {
 protected:
  Yolo() {
    for (const char* name : {"a", "b", "c"})
      folder_.write(std::string("images/") + name + ".ppm", test::ppm_of(test::shape_picture(0, 1, 20)));
    folder_.write("classes.txt", "bar\ndisc\n");
    folder_.write("labels/a.txt", "1 0.5 0.5 0.2 0.4\n0 0.25 0.25 0.5 0.5\n");
    folder_.write("labels/b.txt", "\n");
  }
  void expect_label_refused(const std::string& text, const std::string& part) const {
    folder_.write("labels/a.txt", text);
    expect_refused([&] { read_yolo(folder_.path()); }, "a.txt", part);
  }

  test::TemporaryFolder folder_;
};

TEST_F(Yolo, MissingAndEmptyFilesAreToldApart) {
  const DetectionDataset data = read_yolo(folder_.path());
  EXPECT_EQ(data.images, (std::vector<DetectionImage>{{1, "a.ppm", 20, 20}, {2, "b.ppm", 20, 20}, {3, "c.ppm", 20, 20}}));
  EXPECT_EQ(data.categories, (std::vector<DetectionCategory>{{0, "bar", ""}, {1, "disc", ""}}));
  ASSERT_EQ(data.annotations.size(), 2u);
  EXPECT_EQ(data.annotations[0].category, 1);
  EXPECT_EQ(data.annotations[0].box, (XywhBox{8, 6, 4, 8}));
  EXPECT_THAT(data.notes, ElementsAre(HasSubstr("1 of 3 images have no label file"), HasSubstr("1 of 3 label files are empty")));
}

TEST_F(Yolo, Outlines) {
  folder_.write("labels/a.txt", "1 0.1 0.2 0.5 0.2 0.5 0.7 0.1 0.4\n");
  const DetectionDataset data = read_yolo(folder_.path());
  ASSERT_EQ(data.annotations.size(), 1u);
  EXPECT_EQ(std::get<Polygons>(data.annotations[0].segmentation), (Polygons{{2, 4, 10, 4, 10, 14, 2, 8}}));
  EXPECT_EQ(data.annotations[0].box, (XywhBox{2, 4, 8, 10}));
}

TEST_F(Yolo, CorruptLabelsAreNamedWithTheirLine) {
  expect_label_refused("1 0.5 0.5 0.2\n", "line 1: expected a class and 4 numbers, or 3 or more points, found 3 numbers");
  expect_label_refused("1 0.5 0.5 0.2 0.4\n1 0.5 0.5 0.2 0.4 0.9\n", "line 2: expected a class and 4 numbers");
  expect_label_refused("x 0.5 0.5 0.2 0.4\n", "line 1: \"x\" is no class number");
  expect_label_refused("-1 0.5 0.5 0.2 0.4\n", "\"-1\" is no class number");
  expect_label_refused("2 0.5 0.5 0.2 0.4\n", "line 1: there is no class 2: the last is 1");
  expect_label_refused("99999999999999999999 0.5 0.5 0.2 0.4\n", "is no class number");
  expect_label_refused("1 0.5 nan 0.2 0.4\n", "\"nan\" is no finite number");
  expect_label_refused("1 0.5 1e999 0.2 0.4\n", "is no finite number");
  expect_label_refused("1 10 10 4 8\n", "relative to the image, in [0, 1], found 10");
  expect_label_refused("1 0.5 0.5" + std::string(10'000'000, ' ') + "0.2\n", "found 3 numbers");
  expect_label_refused(std::string(10'000'000, '1') + "\n", "is no class number");
  expect_label_refused(std::string("1 0.5\0 0.5 0.2 0.4\n", 20), "0.5?\" is no finite number");
}

TEST_F(Yolo, DataYaml) {
  folder_.write("data.yaml", "path: .\ntrain: images\nval: list.txt\nnames: {0: bar, 2: ring}\n");
  folder_.write("list.txt", "images/a.ppm\n");
  folder_.write("labels/a.txt", "2 0.5 0.5 0.2 0.4\n");
  const DetectionDataset val = read_yolo(folder_ / "data.yaml");
  EXPECT_EQ(val.split, "val");
  EXPECT_EQ(val.images.size(), 1u);
  EXPECT_EQ(val.categories, (std::vector<DetectionCategory>{{0, "bar", ""}, {1, "1", ""}, {2, "ring", ""}}));
  EXPECT_EQ(read_yolo(folder_.path(), {.split = "train"}).images.size(), 3u) << "data.yaml of a folder";
  expect_refused([&] { read_yolo(folder_.path(), {.split = "test"}); }, "data.yaml", "has no split \"test\"");
  const auto refused = [&](const std::string& yaml, const std::string& part) {
    folder_.write("data.yaml", yaml);
    expect_refused([&] { read_yolo(folder_.path()); }, "data.yaml", part);
  };
  refused("", "expected a YAML map");
  refused("names: [a\ntrain: x", "line 2");
  refused("train: images\n", "has no \"names\"");
  refused("train: images\nnames: 3\n", "names: expected a list or a map");
  refused("train: images\nnames: {99999999: a}\n", "names: expected numbers from 0");
  refused("train: images\nnames: {x: a}\n", "line 2");
  refused("train: {a: b}\nnames: [a]\n", "line 1");
}

TEST_F(Yolo, DataThatHasNoNamesOrImages) {
  std::filesystem::remove(folder_ / "classes.txt");
  expect_refused([&] { read_yolo(folder_.path()); }, folder_.path().string(), "no names were given");
  EXPECT_EQ(read_yolo(folder_.path(), {.names = {"x", "y"}}).categories[1].name, "y");
  expect_refused([&] { read_yolo(folder_ / "labels", {.names = {"x", "y"}}); }, "a.txt", "no image \"a\"");
  EXPECT_EQ(read_yolo(folder_ / "labels", {.names = {"x", "y"}, .image_root = folder_ / "images"}).images.size(), 2u);
  folder_.write("images/c.ppm", "P6\n20 x");
  expect_refused([&] { read_yolo(folder_.path(), {.names = {"x", "y"}}); }, "c.ppm", "");
}

TEST_F(Yolo, GivesTheBoxesOfVoc) {
  FOVEA_NEEDS_SHARED("data/voc100");
  const std::filesystem::path folder = test::shared_path("data/voc100");
  const DetectionDataset yolo =
      read_yolo(folder / "labels_yolo", {.names = read_label_names(folder / "labels_yolo.names"), .image_root = folder / "JPEGImages"});
  const DetectionDataset voc = read_voc(folder);
  ASSERT_EQ(yolo.images.size(), voc.images.size());
  ASSERT_EQ(yolo.annotations.size(), voc.annotations.size());
  for (std::size_t i = 0; i < voc.images.size(); ++i) EXPECT_EQ(yolo.images[i].file_name, voc.images[i].file_name);
  for (const DetectionAnnotation& expected : voc.annotations) {  // the files list the objects in other orders
    const auto same = [&](const DetectionAnnotation& found) {
      return found.image == expected.image &&
             yolo.categories[static_cast<std::size_t>(found.category)].name ==
                 voc.categories[static_cast<std::size_t>(expected.category)].name &&
             std::abs(found.box.x - expected.box.x) < 1.01 && std::abs(found.box.y - expected.box.y) < 1.01 &&
             std::abs(found.box.width - expected.box.width) < 1.01 && std::abs(found.box.height - expected.box.height) < 1.01;
    };
    EXPECT_TRUE(std::any_of(yolo.annotations.begin(), yolo.annotations.end(), same)) << "annotation " << expected.id;
  }
}

class BoxText : public testing::Test {
 protected:
  test::TemporaryFolder folder_;
};

TEST_F(BoxText, ReadsBothForms) {
  folder_.write("gt/10.txt", "dog 1 2 3.5 4\n");
  folder_.write("gt/9.txt", "cat\t1 2 3 4 \r\n\n");
  folder_.write("gt/11.txt", "");
  const DetectionDataset size = read_box_text(folder_ / "gt", BoxTextForm::size),
                         corners = read_box_text(folder_ / "gt", BoxTextForm::corners);
  EXPECT_EQ(size.images, (std::vector<DetectionImage>{{1, "9", 0, 0}, {2, "10", 0, 0}, {3, "11", 0, 0}}));
  EXPECT_EQ(size.categories, (std::vector<DetectionCategory>{{1, "cat", ""}, {2, "dog", ""}}));
  EXPECT_EQ(size.annotations[1].box, (XywhBox{1, 2, 3.5, 4}));
  EXPECT_EQ(corners.annotations[1].box, (XywhBox{1, 2, 2.5, 2}));
  EXPECT_EQ(size.annotations[1].category, 1);
  EXPECT_EQ(size.convention, PixelConvention::unstated);
}

TEST_F(BoxText, ResultsFindTheirImagesAndClasses) {
  folder_.write("gt/a.txt", "dog 1 2 3 4\n");
  folder_.write("dt/a.txt", "dog .5 1 2 3 4\nbird 1 1 2 3 4\n0 0.25 1 2 3 4\n");
  const DetectionDataset truth = read_box_text(folder_ / "gt", BoxTextForm::size);
  const DetectionResults found = read_box_text_results(folder_ / "dt", BoxTextForm::size, truth, {"dog"});
  EXPECT_THAT(found.results, ElementsAre(DetectionResult{0, 0, {1, 2, 3, 4}, 0.5, {}}, DetectionResult{0, 0, {1, 2, 3, 4}, 0.25, {}}));
  EXPECT_THAT(found.notes, ElementsAre(HasSubstr("\"bird\" first")));
  folder_.write("dt/b.txt", "");
  expect_refused([&] { read_box_text_results(folder_ / "dt", BoxTextForm::size, truth); }, "b.txt", "the ground truth has no image \"b\"");
}

TEST_F(BoxText, DamageIsNamedWithItsLine) {
  const auto refused = [&](const std::string& text, const std::string& part) {
    folder_.write("gt/a.txt", text);
    expect_refused([&] { read_box_text(folder_ / "gt", BoxTextForm::corners); }, "a.txt", part);
  };
  refused("dog 1 2 3 4\ndog 1 2 3\n", "line 2: expected \"class x1 y1 x2 y2\", found 4 fields");
  refused("dog 1 2 3 4 5\n", "found 6 fields");
  refused("dog 1 2 x 4\n", "line 1: \"x\" is no finite number");
  refused("dog 1 2 inf 4\n", "\"inf\" is no finite number");
  refused("dog 1 2 1e400 4\n", "is no finite number");
  refused(std::string(10'000'000, '7'), "found 1 fields");
  refused("dog 1 2 3 " + std::string(10'000'000, 'y'), "yyy\" is no finite number");
  expect_refused([&] { read_box_text(folder_ / "none", BoxTextForm::size); }, "none", "cannot be read as a folder");
  std::filesystem::create_directories(folder_ / "empty");
  expect_refused([&] { read_box_text(folder_ / "empty", BoxTextForm::size); }, "empty", "holds no .txt files");
}

TEST(DetectionSource, SchemesAreNamed) {
  const auto message = [](const std::string& source) -> std::string {
    try {
      open_detection_data(source);
    } catch (const OptionError& error) {
      return error.what();
    }
    return "";
  };
  EXPECT_THAT(message("cocoo:x.json"), HasSubstr("did you mean \"coco\""));
  EXPECT_THAT(message("x.json"), HasSubstr("write coco:x.json or voc:x.json"));
  EXPECT_THROW(open_detection_results("vox:x", {}), OptionError);
  EXPECT_THROW(open_detection_results("no-scheme-is-a-results-file.json", {}), FileError);
}

}  // namespace
}  // namespace fovea
