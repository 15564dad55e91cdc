#include "fovea/data/image_folder.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "data_files.hpp"
#include "fovea/base/error.hpp"

namespace fovea {
namespace {

using test::write_class;
using testing::ElementsAre;
using testing::HasSubstr;

std::string open_error(const test::TemporaryFolder& folder, const std::vector<std::string>& names = {}) {
  try {
    open_image_folder(folder.path(), names);
  } catch (const FileError& error) {
    return error.what();
  }
  return "no error";
}

TEST(ImageFolder, FoldersAreClassesInNaturalOrder) {
  const test::TemporaryFolder folder;
  write_class(folder, "class10", 1);
  write_class(folder, "class2", 11);
  folder.write("class2/deeper/x.pgm", test::tiny_picture(7));
  folder.write("class2/notes.txt", "no picture");
  folder.write(".hidden/1.pgm", test::tiny_picture(1));
  folder.write("README", "a file beside the classes");
  const ImageFolder data = open_image_folder(folder.path());
  ASSERT_NE(data.whole, nullptr);
  EXPECT_EQ(data.train, nullptr);
  EXPECT_THAT(data.whole->labels(), ElementsAre("class2", "class10"));
  ASSERT_EQ(data.whole->size(), 13);
  EXPECT_EQ(data.whole->id(0), "class2/1.pgm");
  EXPECT_EQ(data.whole->id(10), "class2/11.pgm") << "natural order";
  EXPECT_EQ(data.whole->id(11), "class2/deeper/x.pgm");
  EXPECT_EQ(data.whole->label(11), 0);
  EXPECT_EQ(data.whole->label(12), 1);
  const ClassificationSample sample = data.whole->get(11);
  EXPECT_EQ(sample.image.type(), CV_8UC3);
  EXPECT_EQ(sample.image.at<cv::Vec3b>(0, 0), cv::Vec3b(7, 7, 7));
  EXPECT_EQ(sample.id, "class2/deeper/x.pgm");
  EXPECT_THROW(data.whole->get(13), OptionError);
}

TEST(ImageFolder, SplitsAreFoldersOfClassFolders) {
  const test::TemporaryFolder folder;
  write_class(folder, "train/ant", 2);
  write_class(folder, "train/bee", 3);
  write_class(folder, "test/bee", 1);
  write_class(folder, "test/ant", 1);
  write_class(folder, "drafts", 4);
  const ImageFolder data = open_image_folder(folder.path());
  EXPECT_EQ(data.whole, nullptr);
  EXPECT_EQ(data.val, nullptr);
  EXPECT_EQ(data.train->size(), 5);
  EXPECT_EQ(data.test->size(), 2);
  EXPECT_THAT(data.test->labels(), ElementsAre("ant", "bee"));
  EXPECT_EQ(data.test->id(1), "test/bee/1.pgm");
}

TEST(ImageFolder, AClassMayBeCalledTrain) {
  const test::TemporaryFolder folder;
  write_class(folder, "train", 2);
  write_class(folder, "tram", 3);
  EXPECT_THAT(open_image_folder(folder.path()).whole->labels(), ElementsAre("train", "tram"));
}

TEST(ImageFolder, TheNamesOfAModelFixTheClasses) {
  const test::TemporaryFolder folder;
  write_class(folder, "ant", 1);
  write_class(folder, "bee", 1);
  const auto data = open_image_folder(folder.path(), {"wasp", "bee", "ant"}).whole;
  EXPECT_THAT(data->labels(), ElementsAre("wasp", "bee", "ant"));
  EXPECT_EQ(data->label(0), 2);
  EXPECT_EQ(data->label(1), 1);
  EXPECT_THAT(open_error(folder, {"wasp", "beer"}), HasSubstr("unknown class \"ant\""));
}

TEST(ImageFolder, ABrokenPictureIsAnErrorOfItsOwnSample) {
  const test::TemporaryFolder folder;
  write_class(folder, "ant", 2);
  write_class(folder, "bee", 1);
  folder.write("ant/2.jpg", "text, renamed");
  folder.write("ant/3.png", "");
  const auto data = open_image_folder(folder.path()).whole;
  ASSERT_EQ(data->size(), 5);
  EXPECT_NO_THROW(data->get(0));
  int broken = 0;
  for (std::int64_t i = 0; i < data->size(); ++i) {
    try {
      data->get(i);
    } catch (const FileError& error) {
      EXPECT_THAT(error.path(), HasSubstr(data->id(i)));
      ++broken;
    }
  }
  EXPECT_EQ(broken, 2);
}

TEST(ImageFolder, FoldersThatMakeNoDataSetAreRefused) {
  const test::TemporaryFolder folder;
  EXPECT_THROW(open_image_folder(folder / "missing"), FileError);
  EXPECT_THAT(open_error(folder), HasSubstr("holds no class folders"));
  write_class(folder, "ant", 1);
  EXPECT_THAT(open_error(folder), HasSubstr("a classifier needs at least two classes, found one: \"ant\""));
  folder.write("bee/notes.txt", "no picture");
  EXPECT_THAT(open_error(folder), HasSubstr("bee: holds no pictures"));
}

TEST(ImageFolder, SplitsWithDifferentClassesAreRefused) {
  const test::TemporaryFolder missing;
  write_class(missing, "train/ant", 1);
  write_class(missing, "train/bee", 1);
  write_class(missing, "val/ant", 1);
  EXPECT_THAT(open_error(missing), HasSubstr("val: has no class folder \"bee\""));
  write_class(missing, "val/bee", 1);
  EXPECT_EQ(open_error(missing), "no error");
  write_class(missing, "val/wasp", 1);
  EXPECT_THAT(open_error(missing), HasSubstr("val: has the class folder \"wasp\""));
}

}  // namespace
}  // namespace fovea
