#include "fovea/data/idx.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "data_files.hpp"
#include "fovea/base/error.hpp"

namespace fovea {
namespace {

using test::big_endian;
using test::gzip;
using test::idx_images;
using test::idx_labels;
using testing::ElementsAre;
using testing::HasSubstr;

std::string read_error(const std::string& bytes, int axes = 1) {
  const test::TemporaryFolder folder;
  try {
    read_idx(folder.write("file", bytes), axes);
  } catch (const FileError& error) {
    EXPECT_THAT(error.path(), HasSubstr("file"));
    return error.reason();
  }
  return "no error";
}

std::string folder_error(const test::TemporaryFolder& folder, const std::vector<std::string>& names = {}) {
  try {
    open_idx_folder(folder.path(), names);
  } catch (const FileError& error) {
    return error.what();
  }
  return "no error";
}

TEST(Idx, ReadsPlainAndCompressedAlike) {
  const test::TemporaryFolder folder;
  for (const std::string& bytes : {idx_images(3, 2, 4), gzip(idx_images(3, 2, 4))}) {
    const IdxArray array = read_idx(folder.write("whatever.name", bytes), 3);
    EXPECT_EQ(array.shape, Shape({3, 2, 4}));
    ASSERT_EQ(array.values.size(), 24U);
    for (std::size_t i = 0; i < 24; ++i) EXPECT_EQ(array.values[i], i);
  }
}

TEST(Idx, EveryTruncationIsRefused) {
  const std::string plain = idx_labels({1, 2, 3}), packed = gzip(plain);
  for (const std::string& bytes : {plain, packed})
    for (std::size_t length = 0; length < bytes.size(); ++length) EXPECT_NE(read_error(bytes.substr(0, length)), "no error") << length;
  EXPECT_EQ(read_error(plain.substr(0, 10)), "is cut short: 10 bytes for [3], expected 11");
  EXPECT_EQ(read_error(plain.substr(0, 6)), "has 6 bytes, expected an IDX header of 8");
}

TEST(Idx, MalformedFilesAreRefusedWithTheReason) {
  EXPECT_EQ(read_error(idx_labels({1}), 3), "has the magic number 2049, expected 2051 (IDX, unsigned bytes, 3 axes)");
  EXPECT_EQ(read_error(idx_images(1, 1, 1), 1), "has the magic number 2051, expected 2049 (IDX, unsigned bytes, 1 axes)");
  EXPECT_THAT(read_error("plain text, no IDX"), HasSubstr("has the magic number"));
  EXPECT_EQ(read_error(idx_labels({1, 2}) + "x"), "goes on after the 10 bytes of [2]");
  EXPECT_EQ(read_error(gzip(idx_labels({1, 2}) + "x")), "goes on after the 10 bytes of [2]");
  EXPECT_THAT(read_error(gzip(idx_labels({1, 2})) + "xyz"), HasSubstr("3 bytes follow the end of the compressed data"));
  EXPECT_THAT(read_error(big_endian(2051) + std::string(12, '\xff'), 3), HasSubstr("more than 2^62 elements"));
  EXPECT_EQ(read_error(big_endian(2051) + big_endian(1) + big_endian(65535) + big_endian(65535), 3),
            "is cut short: 16 bytes for [1,65535,65535], expected 4294836241");
}

TEST(Idx, DamagedCompressionIsRefused) {
  std::string checksum = gzip(idx_labels({1, 2, 3}));
  checksum[checksum.size() - 8] ^= 1;  // CRC-32 of the content
  EXPECT_THAT(read_error(checksum), HasSubstr("is damaged: incorrect data check"));
  std::string block = gzip(idx_labels({1, 2, 3}));
  block[10] = '\xff';  // first block: reserved type
  EXPECT_THAT(read_error(block), HasSubstr("is damaged: invalid block type"));
}

TEST(Idx, ASmallFileThatUnpacksToMuchIsNotUnpackedFurtherThanItsHeaderSays) {
  EXPECT_EQ(read_error(gzip(idx_labels({1, 2}) + std::string(5'000'000, '\0'))), "goes on after the 10 bytes of [2]");
}

TEST(Idx, FolderGivesImagesLabelsAndIds) {
  const test::TemporaryFolder folder;
  folder.write("train-images-idx3-ubyte", idx_images(3, 2, 4));
  folder.write("train-labels-idx1-ubyte.gz", gzip(idx_labels({2, 0, 1})));
  folder.write("t10k-images-idx3-ubyte.gz", gzip(idx_images(1, 2, 4)));
  folder.write("t10k-labels-idx1-ubyte", idx_labels({3}));
  const IdxFolder data = open_idx_folder(folder.path());
  ASSERT_EQ(data.train->size(), 3);
  ASSERT_EQ(data.test->size(), 1);
  EXPECT_THAT(data.train->labels(), ElementsAre("0", "1", "2", "3")) << "up to the largest label of both splits";
  EXPECT_EQ(data.train->labels(), data.test->labels());
  const ClassificationSample sample = data.train->get(1);
  EXPECT_EQ(sample.label, 0);
  EXPECT_EQ(sample.id, "train/1");
  ASSERT_EQ(sample.image.size(), cv::Size(4, 2));
  ASSERT_EQ(sample.image.type(), CV_8UC1);
  EXPECT_EQ(sample.image.at<std::uint8_t>(1, 3), 15);
  EXPECT_EQ(data.test->id(0), "test/0");
  EXPECT_THROW(data.train->get(3), OptionError);
  EXPECT_THROW(data.train->label(-1), OptionError);
}

TEST(Idx, ASampleIsACopy) {
  const test::TemporaryFolder folder;
  folder.write("t10k-images-idx3-ubyte", idx_images(1, 2, 2));
  folder.write("t10k-labels-idx1-ubyte", idx_labels({1}));
  const IdxFolder data = open_idx_folder(folder.path());
  EXPECT_EQ(data.train, nullptr);
  data.test->get(0).image.setTo(99);
  EXPECT_EQ(data.test->get(0).image.at<std::uint8_t>(0, 0), 0);
}

TEST(Idx, ClassNames) {
  const test::TemporaryFolder folder;
  folder.write("train-images-idx3-ubyte", idx_images(2, 1, 1));
  folder.write("train-labels-idx1-ubyte", idx_labels({1, 2}));
  EXPECT_THAT(folder_error(folder, {"only", "two"}), HasSubstr("sample 1 has the label 2, but there are 2 class names"));
  folder.write("labels.txt", "a\nb\nc\nd\n");
  EXPECT_THAT(open_idx_folder(folder.path()).train->labels(), ElementsAre("a", "b", "c", "d"));
  EXPECT_THAT(open_idx_folder(folder.path(), {"x", "y", "z"}).train->labels(), ElementsAre("x", "y", "z"));
}

TEST(Idx, FoldersThatDoNotFitAreRefused) {
  const test::TemporaryFolder folder;
  EXPECT_THAT(folder_error(folder), HasSubstr("holds no IDX files"));
  EXPECT_THROW(open_idx_folder(folder / "missing"), FileError);
  folder.write("train-images-idx3-ubyte", idx_images(2, 2, 2));
  EXPECT_THAT(folder_error(folder), HasSubstr("but not train-labels-idx1-ubyte"));
  folder.write("train-labels-idx1-ubyte", idx_labels({1, 2, 3}));
  EXPECT_THAT(folder_error(folder), HasSubstr("holds 3 labels, but"));
  folder.write("train-images-idx3-ubyte", idx_images(3, 0, 2));
  EXPECT_THAT(folder_error(folder), HasSubstr("holds 3 images of 0 rows and 2 columns"));
  folder.write("train-images-idx3-ubyte", idx_images(0, 2, 2));
  EXPECT_THAT(folder_error(folder), HasSubstr("holds 0 images"));
}

}  // namespace
}  // namespace fovea
