#include "fovea/vision/image_loader.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <opencv2/imgproc.hpp>

#include "fovea/base/error.hpp"
#include "fovea/base/random.hpp"
#include "fovea/vision/exif.hpp"
#include "image_bytes.hpp"
#include "mat_matchers.hpp"
#include "support/temporary_folder.hpp"

namespace fovea {

namespace {

using test::Bytes;
using test::png;
using testing::HasSubstr;

/// The reason for which a file is refused; "" when it is not.
std::string refusal(const Bytes& bytes, const ImagePolicy& policy = {}) {
  try {
    decode_image(bytes, "the file", policy);
    return "";
  } catch (const FileError& error) {
    EXPECT_EQ(error.path(), "the file");
    return error.reason();
  }
}

/// A TIFF of one row, with the directory entries `more`.
Bytes row_tiff(std::uint32_t width, std::uint32_t samples, const Bytes& data, std::vector<test::TiffEntry> more, std::uint32_t bits = 8) {
  std::vector<test::TiffEntry> entries{{256, width},
                                       {257, 1},
                                       {258, bits},
                                       {259, 1},
                                       {262, samples >= 3 ? 2U : 1U},
                                       {273, 0},
                                       {277, samples},
                                       {278, 1},
                                       {279, static_cast<std::uint32_t>(data.size())}};
  entries.insert(entries.end(), more.begin(), more.end());
  entries[5].value = test::tiff_data_offset(entries.size());
  return test::tiff(entries, false, data);
}

cv::Mat photo() {
  cv::Mat image(24, 32, CV_8UC3);
  for (int y = 0; y < image.rows; ++y)
    for (int x = 0; x < image.cols; ++x)
      image.at<cv::Vec3b>(y, x) = cv::Vec3b(cv::saturate_cast<std::uint8_t>(8 * x), cv::saturate_cast<std::uint8_t>(10 * y), 128);
  return image;
}

/// One small file of every format.
std::vector<std::pair<std::string, Bytes>> small_files() {
  std::vector<std::pair<std::string, Bytes>> files;
  for (const char* extension : {".jpg", ".png", ".bmp", ".tiff", ".webp", ".ppm", ".pgm"}) {
    cv::Mat image = photo();
    if (std::string(extension) == ".pgm") cv::cvtColor(image, image, cv::COLOR_BGR2GRAY);
    files.emplace_back(extension, test::encode(extension, image));
  }
  files.emplace_back(".webp (lossless)", test::encode(".webp", photo(), {cv::IMWRITE_WEBP_QUALITY, 101}));
  files.emplace_back(".jpg (progressive, EXIF)",
                     test::jpeg_with_exif(test::encode(".jpg", photo(), {cv::IMWRITE_JPEG_PROGRESSIVE, 1}), test::exif(6, true)));
  files.emplace_back(".png (EXIF)", test::png_with_chunk(test::encode(".png", photo()), test::png_chunk("eXIf", test::exif(6))));
  files.emplace_back(".webp (EXIF)", test::webp_with_exif(test::encode(".webp", photo()), test::exif(5), photo().size()));
  files.emplace_back("P2", test::to_bytes("P2 # comment\n3 2\n255\n0 1 2 3 4 255\n"));
  return files;
}

TEST(ImageLoader, ReadsEveryFormat) {
  for (const std::string extension : {".png", ".bmp", ".tiff", ".ppm"})
    EXPECT_TRUE(test::same_image(decode_image(test::encode(extension, photo()), extension), photo())) << extension;
  EXPECT_TRUE(test::same_image(decode_image(test::encode(".webp", photo(), {cv::IMWRITE_WEBP_QUALITY, 101}), "webp"), photo()));
  for (const std::string extension : {".jpg", ".webp"}) {
    const cv::Mat image = decode_image(test::encode(extension, photo(), {cv::IMWRITE_JPEG_QUALITY, 95}), extension);
    ASSERT_EQ(image.size(), photo().size());
    EXPECT_EQ(image.type(), CV_8UC3);
    EXPECT_LT(cv::norm(image, photo(), cv::NORM_L1) / (3.0 * static_cast<double>(image.total())), 6) << extension;
  }
}

TEST(ImageLoader, ReadsEveryKindOfPnm) {
  const cv::Mat grey = (cv::Mat_<std::uint8_t>(1, 4) << 0, 255, 255, 0);
  cv::Mat expected;
  cv::cvtColor(grey, expected, cv::COLOR_GRAY2BGR);
  // In bitmaps 1 is black.
  for (const std::string_view file :
       {std::string_view("P1\n4 1\n1 0 0 1\n"), std::string_view("P4\n4 1\n\x90"), std::string_view("P2\n4 1\n15\n0 15 15 0\n"),
        std::string_view("P5\n4 1\n15\n\0\x0f\x0f\0", 15), std::string_view("P3 4 1 255 0 0 0 255 255 255 255 255 255 0 0 0\n"),
        std::string_view("P6 4 1 255 \0\0\0\xff\xff\xff\xff\xff\xff\0\0\0", 23)})
    EXPECT_TRUE(test::same_image(decode_image(test::to_bytes(file), "pnm"), expected)) << file;
  // 16 bits with a maximum of 1000: 255 * 500 / 1000 = 127.5, rounded up.
  EXPECT_EQ(decode_image(test::to_bytes({"P5 1 1 1000 \x01\xf4", 14}), "pgm").at<cv::Vec3b>(0, 0), cv::Vec3b(128, 128, 128));
}

TEST(ImageLoader, GreyIsReplicated) {
  const cv::Mat grey = test::numbered_image(5, 3, CV_8UC1);
  cv::Mat expected;
  cv::merge(std::vector<cv::Mat>{grey, grey, grey}, expected);
  for (const std::string extension : {".png", ".bmp", ".tiff", ".pgm"})
    EXPECT_TRUE(test::same_image(decode_image(test::encode(extension, grey), extension), expected)) << extension;
  EXPECT_EQ(decode_image(test::encode(".jpg", grey), "jpg").type(), CV_8UC3);
}

TEST(ImageLoader, AlphaIsCompositedOverWhite) {
  // Red (B, G, R, A) opaque, half transparent, transparent; 255 * (1 - 128 / 255) = 127.
  const cv::Mat image = (cv::Mat_<cv::Vec4b>(1, 3) << cv::Vec4b(0, 0, 255, 255), cv::Vec4b(0, 0, 255, 128), cv::Vec4b(10, 20, 30, 0));
  const cv::Mat expected = (cv::Mat_<cv::Vec3b>(1, 3) << cv::Vec3b(0, 0, 255), cv::Vec3b(127, 127, 255), cv::Vec3b(255, 255, 255));
  EXPECT_TRUE(test::same_image(decode_image(test::encode(".png", image), "png"), expected));
  EXPECT_TRUE(test::same_image(decode_image(test::encode(".webp", image, {cv::IMWRITE_WEBP_QUALITY, 101}), "webp"), expected));
  cv::Mat deep;
  image.convertTo(deep, CV_16U, 257);
  EXPECT_TRUE(test::same_image(decode_image(test::encode(".png", deep), "16-bit png"), expected));
  // TIFF says of its fourth sample whether the colours are multiplied by it already (1) or not (2).
  EXPECT_TRUE(
      test::same_image(decode_image(row_tiff(3, 4, {255, 0, 0, 255, 255, 0, 0, 128, 30, 20, 10, 0}, {{338, 2}}), "tiff"), expected));
  EXPECT_TRUE(test::same_image(decode_image(row_tiff(3, 4, {255, 0, 0, 255, 128, 0, 0, 128, 0, 0, 0, 0}, {{338, 1}}), "tiff"), expected));
  const auto deep_row = [](const std::vector<std::uint32_t>& levels) {
    Bytes data;
    for (const std::uint32_t level : levels) test::append(data, test::number(257 * level, 2, false));
    return data;
  };
  EXPECT_TRUE(test::same_image(
      decode_image(row_tiff(3, 4, deep_row({255, 0, 0, 255, 255, 0, 0, 128, 30, 20, 10, 0}), {{338, 2}}, 16), "tiff"), expected));
  EXPECT_TRUE(test::same_image(decode_image(row_tiff(3, 4, deep_row({255, 0, 0, 255, 128, 0, 0, 128, 0, 0, 0, 0}), {{338, 1}}, 16), "tiff"),
                               expected));
}

TEST(ImageLoader, GreyWithAlphaIsComposited) {
  const cv::Mat image = decode_image(png({2, 1}, 8, 4, {}, {0, 0, 255, 0, 128}), "png");
  EXPECT_EQ(image.at<cv::Vec3b>(0, 0), cv::Vec3b(0, 0, 0));
  EXPECT_EQ(image.at<cv::Vec3b>(0, 1), cv::Vec3b(127, 127, 127));
}

TEST(ImageLoader, SixteenBitsAreDividedBy257AndRounded) {
  const cv::Mat deep = (cv::Mat_<std::uint16_t>(1, 6) << 0, 128, 129, 257, 65'406, 65'535);
  const cv::Mat levels = (cv::Mat_<std::uint8_t>(1, 6) << 0, 0, 1, 1, 254, 255);
  cv::Mat expected;
  cv::cvtColor(levels, expected, cv::COLOR_GRAY2BGR);
  for (const std::string extension : {".png", ".tiff", ".pgm"})
    EXPECT_TRUE(test::same_image(decode_image(test::encode(extension, deep), extension), expected)) << extension;
}

TEST(ImageLoader, PaletteGivesColours) {
  const cv::Mat image = decode_image(png({2, 1}, 8, 3, {255, 0, 0, 0, 255, 7}, {0, 0, 1}), "png");
  EXPECT_TRUE(test::same_image(image, (cv::Mat_<cv::Vec3b>(1, 2) << cv::Vec3b(0, 0, 255), cv::Vec3b(7, 255, 0))));
}

TEST(ImageLoader, CmykJpegGivesColours) {
  // ImageMagick: convert -size 8x8 'xc:cmyk(255,0,0,0)' -colorspace CMYK -quality 100 -strip cmyk.jpg. Cyan ink only, stored inverted.
  const Bytes cyan = test::from_hex(
      "ffd8ffee000e41646f626500640000000002ffdb0043000101010101010101010101010101010101010101010101010101010101010101010101010101010101"
      "0101010101010101010101010101010101010101010101ffdb004301010101010101010101010101010101010101010101010101010101010101010101010101"
      "01010101010101010101010101010101010101010101010101010101ffc00014080008000804011100021101031101041100ffc4001500010100000000000000"
      "00000000000000090affc40014100100000000000000000000000000000000ffc400150101010000000000000000000000000000090affc40014110100000000"
      "000000000000000000000000ffda000e040100021103110400003f0017c53afe17f0ffd9");
  const cv::Mat image = decode_image(cyan, "cmyk.jpg");
  ASSERT_EQ(image.size(), cv::Size(8, 8));
  EXPECT_LE(cv::norm(image, cv::Mat(8, 8, CV_8UC3, cv::Scalar(255, 255, 0)), cv::NORM_INF), 2);
}

TEST(ImageLoader, TheFirstPageCounts) {
  const cv::Mat first = photo(), second = cv::Mat::zeros(9, 9, CV_8UC3);
  const test::TemporaryFolder folder;
  cv::imwrite((folder / "pages.tiff").string(), std::vector<cv::Mat>{first, second});
  EXPECT_TRUE(test::same_image(load_image(folder / "pages.tiff"), first));
}

TEST(ImageLoader, RefusesWhatIsNoImage) {
  EXPECT_EQ(refusal({}), "is empty");
  EXPECT_EQ(refusal(test::to_bytes("Hello, world")), "is not an image of a known format (its first bytes are 48 65 6c 6c 6f 2c 20 77)");
  EXPECT_EQ(refusal(test::to_bytes("x")), "is not an image of a known format (its first bytes are 78)");
  EXPECT_THAT(refusal(test::to_bytes("GIF89a")), HasSubstr("known format"));
  const test::TemporaryFolder folder;
  const auto path = folder.write("text.jpg", "not a picture");
  try {
    load_image(path);
    FAIL() << "a text was read as an image";
  } catch (const FileError& error) {
    EXPECT_EQ(error.path(), path.string());
    EXPECT_THAT(error.reason(), HasSubstr("known format"));
  }
  EXPECT_THROW(load_image(folder / "missing.png"), FileError);
  EXPECT_THROW(load_image(folder.path()), FileError);
}

TEST(ImageLoader, RefusesUnsupportedKinds) {
  EXPECT_THAT(refusal(test::encode(".tiff", cv::Mat(4, 4, CV_32F, cv::Scalar(0.5)))), HasSubstr("floating-point"));
  EXPECT_THAT(refusal(test::to_bytes("P5 1 1 70000 ab")), HasSubstr("maximum 70000"));
  Bytes animated = test::webp_with_exif(test::encode(".webp", photo()), test::exif(1), photo().size());
  animated[20] |= 0x02;
  EXPECT_EQ(refusal(animated), "is an animated WebP, expected a still picture");
}

TEST(ImageLoader, ChecksSizesBeforeDecoding) {
  EXPECT_EQ(refusal(test::to_bytes("P5 70000 10 255 ")), "is 70000x10 pixels, expected at most 65535 on a side");
  EXPECT_EQ(refusal(test::to_bytes("P5 60000 60000 255 ")), "is 60000x60000 pixels, expected at most 100000000 in all");
  EXPECT_EQ(refusal(test::to_bytes("P5 0 10 255 ")), "has the size 0x10, expected at least 1x1");
  const ImagePolicy small{.max_pixels = 767};
  for (const auto& [name, bytes] : small_files()) {
    if (name == "P2") continue;
    EXPECT_THAT(refusal(bytes, small), testing::AllOf(HasSubstr("32x24 pixels"), HasSubstr("767 in all"))) << name;
  }
  const ImagePolicy exact{.max_pixels = 768, .max_side = 32};
  for (const auto& [name, bytes] : small_files()) EXPECT_EQ(refusal(bytes, exact), "") << name;
  EXPECT_THAT(refusal(test::encode(".png", photo()), {.max_file_bytes = 20}), HasSubstr("expected at most 20"));
}

TEST(ImageLoader, ReadsExtremeShapes) {
  for (const cv::Size size : {cv::Size(60'000, 1), cv::Size(1, 60'000), cv::Size(1, 1)})
    EXPECT_TRUE(test::same_image(decode_image(test::encode(".png", cv::Mat(size, CV_8UC3, cv::Scalar(1, 2, 3))), "png"),
                                 cv::Mat(size, CV_8UC3, cv::Scalar(1, 2, 3))));
}

TEST(ImageLoader, RefusesEveryTruncation) {
  for (const auto& [name, bytes] : small_files()) {
    // The last byte of a text, and the directory's link at the end of a TIFF, may be missing without harm to the picture.
    const std::size_t spare = name == "P2" ? 3 : name == ".tiff" ? 64 : 0;
    for (std::size_t length = 0; length + spare < bytes.size(); ++length) {
      const Bytes cut(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(length));
      EXPECT_NE(refusal(cut), "") << name << " cut to " << length << " of " << bytes.size() << " bytes";
    }
  }
}

TEST(ImageLoader, SurvivesEveryDamagedByte) {
  // Whatever a byte becomes, the answer is an 8-bit BGR image or a FileError; under the address sanitizer, no read goes astray.
  const ImagePolicy policy{.max_pixels = 20'000};
  for (const auto& [name, bytes] : small_files()) {
    RandomStream stream(7);
    const std::size_t step = bytes.size() > 2'500 ? 7 : 1;
    for (std::size_t at = 0; at < bytes.size(); at += at < 200 ? 1 : step)
      for (const std::uint32_t flip : {0xFFU, 1U << stream.below(8)}) {
        Bytes damaged = bytes;
        damaged[at] = static_cast<std::uint8_t>(damaged[at] ^ flip);
        const int orientation = exif_orientation(damaged);
        EXPECT_TRUE(orientation >= 1 && orientation <= 8);
        try {
          const cv::Mat image = decode_image(damaged, name, policy);
          EXPECT_EQ(image.type(), CV_8UC3) << name << " at " << at;
          EXPECT_FALSE(image.empty()) << name << " at " << at;
        } catch (const FileError& error) {
          EXPECT_EQ(error.path(), name);
        }
      }
  }
}

TEST(ImageLoader, ReadsPhotographs) {
  const std::filesystem::path folder = "/usr/share/doc/opencv-doc/examples/data";
  if (!std::filesystem::exists(folder / "fruits.jpg")) GTEST_SKIP() << "the photographs of the package opencv-doc are not installed";
  for (const char* name : {"fruits.jpg", "messi5.jpg", "box.png", "opencv-logo.png"}) {
    const cv::Mat image = load_image(folder / name);
    EXPECT_EQ(image.type(), CV_8UC3) << name;
    cv::Scalar mean, deviation;
    cv::meanStdDev(image, mean, deviation);
    EXPECT_GT(deviation[1], 20) << name;
  }
}

TEST(ImageList, IsInNaturalOrderWithoutHiddenFiles) {
  const test::TemporaryFolder folder;
  for (const char* name : {"img10.JPG", "img2.jpg", "b/img1.png", "a/x.tiff", ".hidden.jpg", ".git/y.jpg", "notes.txt", "a/z.Webp", "jpg"})
    folder.write(name, "");
  std::filesystem::create_directory(folder / "folder.png");
  std::vector<std::string> names;
  for (const auto& path : list_images(folder.path())) names.push_back(path.lexically_relative(folder.path()).generic_string());
  EXPECT_THAT(names, testing::ElementsAre("a/x.tiff", "a/z.Webp", "b/img1.png", "img2.jpg", "img10.JPG"));
}

TEST(ImageList, EmptyAndMissingFolders) {
  const test::TemporaryFolder folder;
  EXPECT_TRUE(list_images(folder.path()).empty());
  EXPECT_THROW(list_images(folder / "missing"), FileError);
  EXPECT_THROW(list_images(folder.write("a.png", "")), FileError);
}

}  // namespace

}  // namespace fovea
