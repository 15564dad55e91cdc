#include "fovea/vision/hog.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <numbers>
#include <opencv2/core.hpp>
#include <vector>

#include "fovea/base/error.hpp"
#include "support/values.hpp"

namespace fovea {
namespace {

using testing::HasSubstr;
using testing::ThrowsMessage;
using Form = HogOptions::Form;

cv::Mat random_image(int height, int width, int channels, std::uint64_t seed = 1) {
  const std::vector<float> values = test::random_values<float>(std::int64_t{height} * width * channels, seed);
  cv::Mat image(height, width, CV_32FC(channels));
  std::copy(values.begin(), values.end(), image.ptr<float>());
  return image;
}

std::vector<float> hog_of(const cv::Mat& image, const HogOptions& options) {
  std::vector<float> descriptor(static_cast<std::size_t>(hog_size(image.rows, image.cols, options).count()), -1);
  hog(image, options, descriptor);
  return descriptor;
}

// The definitions again, cell by cell over all pixels, with angles.

struct Polar {
  double magnitude, degrees;  // 0 to 360
};

Polar polar_gradient(const cv::Mat& image, int y, int x) {
  const auto value = [&](int row, int column, int c) {
    return double{image.ptr<float>(std::clamp(row, 0, image.rows - 1))[std::clamp(column, 0, image.cols - 1) * image.channels() + c]};
  };
  Polar best{-1, 0};
  for (int c = 0; c < image.channels(); ++c) {
    const double dx = value(y, x + 1, c) - value(y, x - 1, c), dy = value(y + 1, x, c) - value(y - 1, x, c);
    if (std::hypot(dx, dy) <= best.magnitude) continue;
    best = {std::hypot(dx, dy), std::atan2(dy, dx) * 180 / std::numbers::pi};
  }
  if (best.degrees < 0) best.degrees += 360;
  return best;
}

/// What a value at distance `d` bins or cells contributes.
double triangle(double d) { return std::max(0.0, 1 - std::abs(d)); }

/// sum over pixels of magnitude * share of the cell * share(degrees)
template <class Share>
double cell_value(const cv::Mat& image, int cell, int row, int column, Share share) {
  double sum = 0;
  for (int y = 0; y < image.rows / cell * cell; ++y)
    for (int x = 0; x < image.cols / cell * cell; ++x) {
      const double down = (y + 0.5) / cell - (row + 0.5), across = (x + 0.5) / cell - (column + 0.5);
      const Polar g = polar_gradient(image, y, x);
      if (g.magnitude > 0) sum += g.magnitude * triangle(down) * triangle(across) * share(g.degrees);
    }
  return sum;
}

std::vector<double> dalal_triggs_oracle(const cv::Mat& image, int cell) {
  const int rows = image.rows / cell, columns = image.cols / cell;
  const auto histogram = [&](int row, int column, int bin) {
    return cell_value(image, cell, row, column, [&](double degrees) {
      double d = std::fmod(degrees, 180.0) / 20 - (bin + 0.5);
      if (d > 4.5) d -= 9;
      if (d < -4.5) d += 9;
      return triangle(d);
    });
  };
  const auto normalize = [](std::vector<double>& block) {
    double square = 1e-8;
    for (const double value : block) square += value * value;
    for (double& value : block) value /= std::sqrt(square);
  };
  std::vector<double> descriptor;
  for (int row = 0; row + 1 < rows; ++row)
    for (int column = 0; column + 1 < columns; ++column) {
      std::vector<double> block;
      for (const auto& [r, c] : {std::pair{row, column}, {row, column + 1}, {row + 1, column}, {row + 1, column + 1}})
        for (int bin = 0; bin < 9; ++bin) block.push_back(histogram(r, c, bin));
      normalize(block);
      for (double& value : block) value = std::min(value, 0.2);
      normalize(block);
      descriptor.insert(descriptor.end(), block.begin(), block.end());
    }
  return descriptor;
}

std::vector<double> felzenszwalb_oracle(const cv::Mat& image, int cell) {
  const int rows = image.rows / cell, columns = image.cols / cell;
  const auto directed = [&](int row, int column, int bin) {
    return cell_value(image, cell, row, column,
                      [&](double degrees) { return static_cast<int>(std::lround(degrees / 20)) % 18 == bin ? 1.0 : 0.0; });
  };
  const auto energy = [&](int row, int column) {
    row = std::clamp(row, 0, rows - 1), column = std::clamp(column, 0, columns - 1);
    double sum = 0;
    for (int bin = 0; bin < 9; ++bin) sum += std::pow(directed(row, column, bin) + directed(row, column, bin + 9), 2);
    return sum;
  };
  std::vector<double> descriptor;
  for (int row = 0; row < rows; ++row)
    for (int column = 0; column < columns; ++column) {
      std::vector<double> out(31), d(18);
      for (int bin = 0; bin < 18; ++bin) d[static_cast<std::size_t>(bin)] = directed(row, column, bin);
      int block = 0;
      for (const int up : {-1, 1})
        for (const int aside : {-1, 1}) {
          const double norm = 1 / std::sqrt(energy(row, column) + energy(row + up, column) + energy(row, column + aside) +
                                            energy(row + up, column + aside) + 1e-4);
          for (std::size_t bin = 0; bin < 18; ++bin) {
            out[bin] += 0.5 * std::min(d[bin] * norm, 0.2);
            out[static_cast<std::size_t>(27 + block)] += 0.23570226 * std::min(d[bin] * norm, 0.2);
          }
          for (std::size_t bin = 0; bin < 9; ++bin) out[18 + bin] += 0.5 * std::min((d[bin] + d[bin + 9]) * norm, 0.2);
          ++block;
        }
      descriptor.insert(descriptor.end(), out.begin(), out.end());
    }
  return descriptor;
}

void expect_near(const std::vector<float>& actual, const std::vector<double>& expected) {
  ASSERT_EQ(actual.size(), expected.size());
  for (std::size_t i = 0; i < actual.size(); ++i) ASSERT_NEAR(actual[i], expected[i], 2e-5) << "value " << i;
}

TEST(Hog, IsTheDefinition) {
  struct Case {
    int height, width, channels, cell;
  };
  for (const Case& c : {Case{16, 16, 1, 8}, {17, 23, 3, 4}, {9, 8, 3, 3}, {4, 13, 1, 2}}) {
    SCOPED_TRACE(std::to_string(c.height) + "x" + std::to_string(c.width));
    const cv::Mat image = random_image(c.height, c.width, c.channels);
    expect_near(hog_of(image, {.form = Form::dalal_triggs, .cell = c.cell}), dalal_triggs_oracle(image, c.cell));
    expect_near(hog_of(image, {.form = Form::felzenszwalb, .cell = c.cell}), felzenszwalb_oracle(image, c.cell));
  }
}

TEST(Hog, SizesAreThoseOfThePapers) {
  EXPECT_EQ(hog_size(128, 64, {.form = Form::dalal_triggs}).count(), 3780);  // the pedestrian window of Dalal and Triggs
  const HogSize size = hog_size(128, 64, {.form = Form::felzenszwalb});
  EXPECT_EQ(size.rows, 16);
  EXPECT_EQ(size.columns, 8);
  EXPECT_EQ(size.depth, 31);
}

TEST(Hog, AVerticalEdgeVotesForOneDirection) {
  cv::Mat image = cv::Mat::zeros(24, 24, CV_32F);
  image.colRange(12, 24) = 1;
  const std::vector<float> values = hog_of(image, {.form = Form::felzenszwalb, .cell = 8});
  const float* const centre = values.data() + (1 * 3 + 1) * 31;
  for (int bin = 1; bin < 18; ++bin) EXPECT_EQ(centre[bin], 0) << bin;
  EXPECT_GT(centre[0], 0.3f);   // brighter towards the right: 0 degrees
  EXPECT_GT(centre[18], 0.3f);  // and undirected
}

TEST(Hog, DoesNotDependOnContrastOrBrightness) {
  const cv::Mat image = random_image(16, 16, 3);
  for (const Form form : {Form::dalal_triggs, Form::felzenszwalb}) {
    const std::vector<float> a = hog_of(image, {.form = form}), b = hog_of(0.5 * image + cv::Scalar::all(0.25), {.form = form});
    for (std::size_t i = 0; i < a.size(); ++i) EXPECT_NEAR(a[i], b[i], 1e-3);
  }
}

TEST(Hog, EightBitImagesCountInUnitsOf255) {
  cv::Mat bytes(16, 16, CV_8UC3), values;
  cv::randu(bytes, 0, 256);
  bytes.convertTo(values, CV_32F, 1.0 / 255);
  EXPECT_EQ(hog_of(bytes, {}), hog_of(values, {}));
}

TEST(Hog, AFlatImageHasNoGradients) {
  for (const Form form : {Form::dalal_triggs, Form::felzenszwalb})
    EXPECT_THAT(hog_of(cv::Mat(16, 16, CV_32F, cv::Scalar(0.5)), {.form = form}), testing::Each(0.f));
}

TEST(Hog, SaysWhatItWants) {
  EXPECT_THAT([] { hog_size(7, 20, {}); }, ThrowsMessage<OptionError>(HasSubstr("20x7 pixels does not hold one cell of 8 pixels")));
  EXPECT_THAT([] { hog_size(15, 20, {.form = Form::dalal_triggs}); }, ThrowsMessage<OptionError>(HasSubstr("a block of 2x2 cells")));
  EXPECT_THAT([] { hog_size(15, 20, {.cell = 1}); }, ThrowsMessage<OptionError>(HasSubstr("at least 2 pixels")));
  std::vector<float> few(3);
  EXPECT_THAT([&] { hog(cv::Mat::zeros(8, 8, CV_32F), {}, few); }, ThrowsMessage<ShapeError>(HasSubstr("has 31 values, found room for 3")));
  EXPECT_THAT([&] { hog(cv::Mat::zeros(8, 8, CV_64F), {}, few); }, ThrowsMessage<ShapeError>(HasSubstr("8-bit or f32")));
}

}  // namespace
}  // namespace fovea
