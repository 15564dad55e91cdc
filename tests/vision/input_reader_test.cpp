#include "fovea/vision/input_reader.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <opencv2/imgproc.hpp>

#include "fovea/base/error.hpp"
#include "fovea/base/random.hpp"
#include "fovea/vision/augmentation.hpp"
#include "fovea/vision/random_changes.hpp"
#include "jpeg_bytes.hpp"
#include "mat_matchers.hpp"

namespace fovea {

namespace {

using test::Bytes;
using Values = std::vector<float>;

Preprocessing network_input(int side, int channels = 3) {
  Preprocessing preprocessing{.width = side, .height = side, .channels = channels, .mean = {0.485}, .deviation = {0.229}};
  if (channels == 3) preprocessing.mean = {0.485, 0.456, 0.406}, preprocessing.deviation = {0.229, 0.224, 0.225};
  return preprocessing;
}

AugmentationSequence training_changes(int side) {
  return AugmentationSequence({std::make_shared<RandomResizedCrop>(RandomResizedCrop::Options{.output = {side, side}}),
                               std::make_shared<RandomFlip>(), sometimes(0.3, random_color_jitter())});
}

Values values_of(const Preprocessing& preprocessing) {
  return Values(static_cast<std::size_t>(preprocessing.width * preprocessing.height * preprocessing.channels));
}

/// What the reader makes of a file, against the way through a decoded picture.
void expect_same(const Bytes& bytes, const Preprocessing& preprocessing, const Transform& transform, const std::string& what) {
  InputReader reader(preprocessing);
  Values found = values_of(preprocessing), expected = found;
  reader.read(EncodedImage(bytes, what), transform, found.data());
  preprocessing.fill(transform.apply(decode_image(bytes, what)), expected.data());
  ASSERT_EQ(found, expected) << what;
}

TEST(InputReader, GivesTheBitsOfAFullDecode) {
  RandomStream stream(4, 0, 0);
  const cv::Mat picture = test::grainy_picture({141, 107});
  std::vector<std::pair<std::string, Bytes>> files{{"png", test::encode(".png", picture)}};
  for (const test::JpegKind& kind : test::jpeg_kinds()) files.emplace_back(kind.name, test::jpeg(picture, kind));
  for (const auto& [name, bytes] : files)
    for (const int channels : {3, 1})
      for (int i = 0; i < 30; ++i)
        expect_same(bytes, network_input(24, channels), *training_changes(24).draw(picture.size(), stream), name);
}

TEST(InputReader, FollowsEveryOrientation) {
  RandomStream stream(5, 0, 0);
  const Bytes plain = test::jpeg(test::grainy_picture({93, 58}), {.name = "4:2:0"});
  for (int orientation = 1; orientation <= 8; ++orientation) {
    const Bytes bytes = test::jpeg_with_exif(plain, test::exif(orientation));
    const cv::Size size = EncodedImage(bytes, "turned").size();
    EXPECT_EQ(size, decode_image(bytes, "turned").size());
    for (int i = 0; i < 20; ++i)
      expect_same(bytes, network_input(16), *training_changes(16).draw(size, stream), "orientation " + std::to_string(orientation));
  }
}

TEST(InputReader, EveryWayToTheNetworksSize) {
  const Bytes bytes = test::jpeg(test::grainy_picture({93, 58}), {.name = "4:2:0"});
  for (const auto mode : {Preprocessing::ResizeMode::stretch, Preprocessing::ResizeMode::letterbox, Preprocessing::ResizeMode::center_crop})
    for (const int side : {20, 58, 75, 120}) {
      Preprocessing preprocessing = network_input(side);
      preprocessing.resize = mode;
      expect_same(bytes, preprocessing, *preprocessing.geometry({93, 58}), name_of(mode));
    }
}

TEST(InputReader, ReducedDecodingKeepsTheGeometry) {
  // A disc: wherever the part lies, its centre of mass has to stay within a twentieth of a new pixel of a full decode's.
  cv::Mat picture(601, 803, CV_8UC3, cv::Scalar::all(20));
  cv::circle(picture, {410, 290}, 90, cv::Scalar::all(230), cv::FILLED);
  const Bytes plain = test::jpeg(picture, {.name = "4:2:0", .quality = 95});
  Preprocessing preprocessing = network_input(32);
  preprocessing.mean = {0, 0, 0};
  preprocessing.deviation = {1, 1, 1};
  const auto centre = [&](const Values& values) {
    double mass = 0, x = 0, y = 0;
    for (int i = 0; i < 32 * 32; ++i) {
      const double level = values[static_cast<std::size_t>(3 * i)] - 20 / 255.0;
      mass += level, x += level * (i % 32), y += level * (i / 32);
    }
    return cv::Point2d(x / mass, y / mass);
  };
  InputReader exact(preprocessing), reduced(preprocessing, {.reduced_decoding = true});
  RandomStream stream(6, 0, 0);
  for (int orientation = 1; orientation <= 8; ++orientation) {
    const EncodedImage image(test::jpeg_with_exif(plain, test::exif(orientation)), "disc");
    const cv::Size size = image.size();
    for (int i = 0; i < 12; ++i) {
      const int x = static_cast<int>(stream.below(150)), y = static_cast<int>(stream.below(150));
      const cv::Rect area(x, y, size.width - x - static_cast<int>(stream.below(150)),
                          size.height - y - static_cast<int>(stream.below(150)));
      const auto transform = chain(size, make_crop(size, area), make_resize(area.size(), {32, 32}), make_flip({32, 32}));
      Values a = values_of(preprocessing), b = a;
      exact.read(image, *transform, a.data());
      reduced.read(image, *transform, b.data());
      EXPECT_LT(cv::norm(centre(a) - centre(b)), 0.05) << orientation << " " << area;
      EXPECT_NE(a, b) << "it was reduced";
    }
  }
}

TEST(InputReader, WithoutShrinkingReductionChangesNothing) {
  const cv::Mat picture = test::grainy_picture({60, 50});
  const Bytes bytes = test::jpeg(picture, {.name = "4:2:0"});
  const Preprocessing preprocessing = network_input(31);
  InputReader exact(preprocessing), reduced(preprocessing, {.reduced_decoding = true});
  Values a = values_of(preprocessing), b = a;
  const auto transform = make_resize({60, 50}, {31, 31});
  exact.read(EncodedImage(bytes, "small"), *transform, a.data());
  reduced.read(EncodedImage(bytes, "small"), *transform, b.data());
  EXPECT_EQ(a, b);
}

TEST(InputReader, DamagedFilesAreTheLoaders) {
  const Bytes bytes = test::jpeg(test::grainy_picture({64, 48}), {.name = "4:2:0"});
  const Preprocessing preprocessing = network_input(16);
  const auto transform = make_resize({64, 48}, {16, 16});
  Bytes cut(bytes.begin(), bytes.end() - 2);
  EXPECT_THROW(EncodedImage(cut, "cut"), FileError);
  EXPECT_THROW(EncodedImage({}, "empty"), FileError);
  EXPECT_THROW(EncodedImage(bytes, "large", {.max_pixels = 100}), FileError);
  int decoded = 0, refused = 0;
  for (std::size_t at = 2; at + 2 < bytes.size(); at += 7) {
    Bytes damaged = bytes;
    damaged[at] ^= 0x40;
    cv::Mat whole;
    try {
      whole = decode_image(damaged, "damaged");
    } catch (const FileError& error) {
      InputReader reader(preprocessing);
      Values values = values_of(preprocessing);
      try {
        reader.read(EncodedImage(damaged, "damaged"), *transform, values.data());
        ADD_FAILURE() << "byte " << at << ": the loader says that it " << error.reason();
      } catch (const FileError& other) {
        EXPECT_EQ(other.reason(), error.reason());
      } catch (const ShapeError&) {  // another size
      }
      ++refused;
      continue;
    }
    if (whole.size() != cv::Size(64, 48)) continue;
    expect_same(damaged, preprocessing, *transform, "byte " + std::to_string(at));
    ++decoded;
  }
  EXPECT_GT(decoded, 20);
  EXPECT_GT(refused, 5);
}

TEST(InputReader, RefusesWhatDoesNotFit) {
  const EncodedImage image(test::jpeg(test::grainy_picture({64, 48}), {.name = "4:2:0"}), "picture");
  InputReader reader(network_input(16));
  Values values = values_of(network_input(16));
  EXPECT_THROW(reader.read(image, *make_resize({48, 64}, {16, 16}), values.data()), ShapeError);
  EXPECT_THROW(reader.read(image, *make_resize({64, 48}, {8, 8}), values.data()), ShapeError);
  JpegDecoder decoder;
  EXPECT_THROW(image.part({60, 40, 10, 4}, 1, decoder), OptionError);
}

}  // namespace

}  // namespace fovea
