// Labels out of PNG files and back: numbers, never colours.
#include "fovea/vision/label_png.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <opencv2/core.hpp>

#include "fovea/base/error.hpp"
#include "fovea/base/file.hpp"
#include "fovea/base/random.hpp"
#include "image_bytes.hpp"
#include "mat_matchers.hpp"
#include "support/temporary_folder.hpp"

namespace fovea {
namespace {

using test::Bytes;
using test::png;
using testing::AllOf;
using testing::HasSubstr;

constexpr int kGrey = 0, kRgb = 2, kPalette = 3, kGreyAlpha = 4;

std::string label_refusal(const Bytes& bytes, const ImagePolicy& policy = {}) {
  try {
    decode_label_png(bytes, "the file", policy);
    return "";
  } catch (const FileError& error) {
    EXPECT_EQ(error.path(), "the file");
    return error.reason();
  }
}

cv::Mat noise(int rows, int columns, int type, std::uint64_t bound) {
  cv::Mat labels(rows, columns, type);
  RandomStream stream(7);
  for (int y = 0; y < rows; ++y)
    for (int x = 0; x < columns; ++x) {
      const auto value = stream.below(bound);
      if (type == CV_8UC1) labels.at<std::uint8_t>(y, x) = static_cast<std::uint8_t>(value);
      if (type == CV_16UC1) labels.at<std::uint16_t>(y, x) = static_cast<std::uint16_t>(value);
      if (type == CV_32SC1) labels.at<std::int32_t>(y, x) = static_cast<std::int32_t>(value);
    }
  return labels;
}

TEST(LabelPng, IndicesOfAPaletteAreNotItsColours) {
  const Bytes palette = {0, 0, 0, 9, 8, 7, 9, 8, 7};  // two labels of one colour stay two
  const LabelPng read = decode_label_png(png({3, 2}, 8, kPalette, palette, {0, 0, 1, 2, 0, 2, 1, 0}), "x");
  EXPECT_TRUE(test::same_image(read.labels, (cv::Mat_<std::uint8_t>(2, 3) << 0, 1, 2, 2, 1, 0)));
  EXPECT_EQ(read.palette, (Palette{{0, 0, 0}, {9, 8, 7}, {9, 8, 7}}));
}

TEST(LabelPng, NumbersAreNeverScaled) {
  const auto labels = [](std::uint32_t depth, std::uint32_t colour, const Bytes& row, int width) {
    return decode_label_png(png({width, 1}, depth, colour, colour == kPalette ? Bytes(48, 1) : Bytes(), row), "x").labels;
  };
  EXPECT_TRUE(test::same_image(labels(1, kGrey, {0, 0b10100000}, 3), (cv::Mat_<std::uint8_t>(1, 3) << 1, 0, 1)));
  EXPECT_TRUE(test::same_image(labels(2, kGrey, {0, 0b11100100}, 4), (cv::Mat_<std::uint8_t>(1, 4) << 3, 2, 1, 0)));
  EXPECT_TRUE(test::same_image(labels(4, kPalette, {0, 0xF1}, 2), (cv::Mat_<std::uint8_t>(1, 2) << 15, 1)));
  EXPECT_TRUE(test::same_image(labels(8, kGrey, {0, 255, 3}, 2), (cv::Mat_<std::uint8_t>(1, 2) << 255, 3)));
  EXPECT_TRUE(test::same_image(labels(16, kGrey, {0, 1, 2, 0xFF, 0xFF}, 2), (cv::Mat_<std::uint16_t>(1, 2) << 258, 65535)));
  EXPECT_TRUE(test::same_image(labels(8, kPalette, {0, 255}, 1), (cv::Mat_<std::uint8_t>(1, 1) << 255))) << "beyond the palette";
}

TEST(LabelPng, WritesWhatItReads) {
  const test::TemporaryFolder folder;
  for (const auto& [labels, palette] :
       {std::pair{noise(7, 5, CV_8UC1, 256), Palette()}, std::pair{noise(7, 5, CV_8UC1, 256), voc_palette()},
        std::pair{noise(5, 9, CV_8UC1, 3), Palette{{1, 2, 3}, {4, 5, 6}, {7, 8, 9}}}, std::pair{noise(3, 4, CV_16UC1, 65536), Palette()}}) {
    write_label_png(folder / "new/labels.png", labels, palette);
    const LabelPng read = read_label_png(folder / "new/labels.png");
    EXPECT_TRUE(test::same_image(read.labels, labels));
    EXPECT_EQ(read.palette, palette);
  }
  write_label_png(folder / "beyond.png", (cv::Mat_<std::uint8_t>(1, 2) << 1, 255), {{1, 2, 3}, {4, 5, 6}});
  const LabelPng beyond = read_label_png(folder / "beyond.png");
  EXPECT_EQ(beyond.labels.at<std::uint8_t>(0, 1), 255);
  ASSERT_EQ(beyond.palette.size(), 256u);
  EXPECT_EQ(beyond.palette[255], (std::array<std::uint8_t, 3>{0, 0, 0}));
}

TEST(LabelPng, IdsAreRedFirst) {
  const test::TemporaryFolder folder;
  folder.write("ids.png", [] {
    const Bytes bytes = png({2, 1}, 8, kRgb, {}, {0, 1, 2, 3, 255, 255, 255});
    return std::string(bytes.begin(), bytes.end());
  }());
  EXPECT_TRUE(test::same_image(read_id_png(folder / "ids.png"), (cv::Mat_<std::int32_t>(1, 2) << 1 + 256 * 2 + 65536 * 3, 16777215)));
  const cv::Mat ids = noise(6, 5, CV_32SC1, 1 << 24);
  write_id_png(folder / "back.png", ids);
  EXPECT_TRUE(test::same_image(read_id_png(folder / "back.png"), ids));
  write_label_png(folder / "grey.png", noise(2, 2, CV_8UC1, 9));
  EXPECT_THAT([&] { read_id_png(folder / "grey.png"); }, testing::ThrowsMessage<FileError>(HasSubstr("8-bit grey, expected 8-bit RGB")));
}

TEST(LabelPng, VocColours) {
  // The map of the development kit: background, aeroplane, bicycle, bird, ..., tvmonitor, border.
  const Palette palette = voc_palette();
  ASSERT_EQ(palette.size(), 256u);
  using Colour = Palette::value_type;
  EXPECT_EQ(palette[0], (Colour{0, 0, 0}));
  EXPECT_EQ(palette[1], (Colour{128, 0, 0}));
  EXPECT_EQ(palette[2], (Colour{0, 128, 0}));
  EXPECT_EQ(palette[3], (Colour{128, 128, 0}));
  EXPECT_EQ(palette[8], (Colour{64, 0, 0}));
  EXPECT_EQ(palette[20], (Colour{0, 64, 128}));
  EXPECT_EQ(palette[255], (Colour{224, 224, 192}));
}

TEST(LabelPng, ColoursAreRefusedInWords) {
  EXPECT_THAT(label_refusal(png({1, 1}, 8, kRgb, {}, {0, 1, 2, 3})),
              AllOf(HasSubstr("8-bit RGB colours"), HasSubstr("as a number, in one channel")));
  EXPECT_THAT(label_refusal(png({1, 1}, 8, kGreyAlpha, {}, {0, 1, 2})), HasSubstr("grey with alpha"));
  EXPECT_THAT(label_refusal(test::encode(".jpg", cv::Mat(4, 4, CV_8UC1, cv::Scalar(3)))), HasSubstr("is JPEG, expected a PNG"));
}

TEST(LabelPng, DamageIsNamed) {
  const Bytes good = png({3, 2}, 8, kGrey, {}, {0, 0, 1, 2, 0, 2, 1, 0});
  ASSERT_EQ(label_refusal(good), "");
  EXPECT_EQ(label_refusal({}), "is empty");
  for (std::size_t length = 1; length < good.size(); ++length)
    EXPECT_NE(label_refusal(Bytes(good.begin(), good.begin() + static_cast<std::ptrdiff_t>(length))), "") << length << " bytes";
  for (std::size_t at = 0; at < good.size(); ++at) {
    Bytes flipped = good;
    flipped[at] ^= 0x55;
    label_refusal(flipped);  // an error or other labels, never a crash
  }
  Bytes short_data = png({3, 200}, 8, kGrey, {}, {0, 0, 1, 2});
  EXPECT_THAT(label_refusal(short_data), HasSubstr("damaged"));
}

TEST(LabelPng, DeclaredSizesAreBounded) {
  EXPECT_THAT(label_refusal(png({60000, 60000}, 8, kGrey, {}, {0})), HasSubstr("60000x60000 pixels, expected at most"));
  EXPECT_THAT(label_refusal(png({70000, 1}, 8, kGrey, {}, {0})), HasSubstr("expected at most 65535 on a side"));
}

TEST(LabelPng, WritersSayWhatTheyWant) {
  const test::TemporaryFolder folder;
  const auto throws = [](const char* text) { return testing::ThrowsMessage<ShapeError>(HasSubstr(text)); };
  EXPECT_THAT([&] { write_label_png(folder / "x.png", noise(2, 2, CV_32SC1, 9)); }, throws("2x2 of type CV_32SC1"));
  EXPECT_THAT([&] { write_label_png(folder / "x.png", noise(2, 2, CV_16UC1, 9), voc_palette()); }, throws("16 without a palette"));
  EXPECT_THAT([&] { write_label_png(folder / "x.png", cv::Mat()); }, throws("found 0x0"));
  EXPECT_THAT([&] { write_id_png(folder / "x.png", (cv::Mat_<std::int32_t>(1, 1) << (1 << 24))); }, throws("16777216"));
  EXPECT_THAT([&] { write_id_png(folder / "x.png", (cv::Mat_<std::int32_t>(1, 1) << -1)); }, throws("-1 to"));
  EXPECT_THROW(voc_palette(257), OptionError);
  EXPECT_FALSE(std::filesystem::exists(folder / "x.png"));
}

}  // namespace
}  // namespace fovea
