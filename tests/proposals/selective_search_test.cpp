#include "fovea/proposals/selective_search.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <opencv2/imgproc.hpp>
#include <set>

#include "corners.hpp"
#include "fovea/base/error.hpp"
#include "fovea/base/random.hpp"
#include "fovea/superpixels/felzenszwalb.hpp"

namespace fovea {
namespace {

using test::Corners;
using test::corners;
using test::corners_of;
using testing::HasSubstr;
using testing::ThrowsMessage;

/// Blobs of colour.
cv::Mat blobs(int height, int width, std::uint64_t seed) {
  RandomStream stream(seed);
  cv::Mat image(height, width, CV_8UC3);
  for (int y = 0; y < height; ++y)
    for (int i = 0; i < 3 * width; ++i) image.ptr(y)[i] = static_cast<std::uint8_t>(stream.below(256));
  cv::GaussianBlur(image, image, {}, 6);
  cv::normalize(image, image, 0, 255, cv::NORM_MINMAX);
  return image;
}

// ------------------------------------------------------------------------------------- the definitions, computed anew at each step

using Pixels = std::vector<cv::Point>;

Box box_of(const Pixels& pixels) {
  Box box{1e9f, 1e9f, 0, 0};
  for (const cv::Point& p : pixels)
    box = {std::min(box.x1, static_cast<float>(p.x)), std::min(box.y1, static_cast<float>(p.y)),
           std::max(box.x2, static_cast<float>(p.x + 1)), std::max(box.y2, static_cast<float>(p.y + 1))};
  return box;
}

/// Responses of Gaussian derivatives in eight directions (negative ones count for the opposite direction).
struct NaiveTexture {
  explicit NaiveTexture(const cv::Mat& image) : channels(image.channels()) {
    const auto value = [&](int y, int x, int c) {
      y = std::clamp(y, 0, image.rows - 1);
      x = std::clamp(x, 0, image.cols - 1);
      return static_cast<double>(image.ptr(y)[x * channels + c]);
    };
    double sum = 0;
    for (int i = -4; i <= 4; ++i) sum += std::exp(-0.5 * i * i);
    largest.assign(static_cast<std::size_t>(channels), 0.0);
    for (int c = 0; c < channels; ++c)
      for (int y = 0; y < image.rows; ++y)
        for (int x = 0; x < image.cols; ++x) {
          double dx = 0, dy = 0;
          for (int v = -4; v <= 4; ++v)
            for (int u = -4; u <= 4; ++u) {
              const double weight = std::exp(-0.5 * (u * u + v * v)) / (sum * sum) * value(y + v, x + u, c);
              dx += u * weight;
              dy += v * weight;
            }
          std::array<double, 8>& directions = responses[{y, x, c}];
          for (int d = 0; d < 8; ++d) {
            const double angle = d * CV_PI / 4;
            directions[static_cast<std::size_t>(d)] = std::max(0.0, std::cos(angle) * dx + std::sin(angle) * dy);
            largest[static_cast<std::size_t>(c)] = std::max(largest[static_cast<std::size_t>(c)], directions[static_cast<std::size_t>(d)]);
          }
        }
  }
  int channels;
  std::vector<double> largest;
  std::map<std::tuple<int, int, int>, std::array<double, 8>> responses;
};

std::vector<double> colour_histogram(const cv::Mat& image, const Pixels& pixels) {
  std::vector<double> bins(static_cast<std::size_t>(25 * image.channels()));
  for (const cv::Point& p : pixels)
    for (int c = 0; c < image.channels(); ++c)
      bins[static_cast<std::size_t>(25 * c + static_cast<int>(image.ptr(p.y)[p.x * image.channels() + c] / 256.0 * 25))] +=
          1.0 / static_cast<double>(pixels.size()) / image.channels();
  return bins;
}

std::vector<double> texture_histogram(const NaiveTexture& texture, const Pixels& pixels) {
  std::vector<double> bins(static_cast<std::size_t>(80 * texture.channels));
  for (const cv::Point& p : pixels)
    for (int c = 0; c < texture.channels; ++c)
      for (int d = 0; d < 8; ++d) {
        const double share =
            texture.responses.at({p.y, p.x, c})[static_cast<std::size_t>(d)] / texture.largest[static_cast<std::size_t>(c)];
        bins[static_cast<std::size_t>(80 * c + 10 * d + std::min(9, static_cast<int>(share * 10)))] +=
            1.0 / static_cast<double>(pixels.size()) / texture.channels / 8;
      }
  return bins;
}

double intersection(const std::vector<double>& a, const std::vector<double>& b) {
  double sum = 0;
  for (std::size_t i = 0; i < a.size(); ++i) sum += std::min(a[i], b[i]);
  return sum;
}

bool touch(const Pixels& a, const Pixels& b) {
  std::set<std::pair<int, int>> around;
  for (const cv::Point& p : a)
    for (int dy = -1; dy <= 1; ++dy)
      for (int dx = -1; dx <= 1; ++dx) around.emplace(p.x + dx, p.y + dy);
  return std::any_of(b.begin(), b.end(), [&](const cv::Point& p) { return around.contains({p.x, p.y}); });
}

struct NaiveRegion {
  Pixels pixels;
  std::vector<double> colour, texture;
};

/// Boxes of all regions that one strategy meets, the histograms of every region counted from its pixels.
std::set<Corners> naive_boxes(const cv::Mat& image, ColourSpace space, double k, const Similarity& similarity) {
  const cv::Mat colours = to_colour_space(image, space);
  const NaiveTexture texture(colours);
  const RegionMap map = felzenszwalb(colours, {.scale = k, .min_size = static_cast<std::int64_t>(k)});
  const auto region_of = [&](const Pixels& pixels) {
    return NaiveRegion{pixels, colour_histogram(colours, pixels), texture_histogram(texture, pixels)};
  };
  std::vector<Pixels> first(static_cast<std::size_t>(map.count));
  for (int y = 0; y < image.rows; ++y)
    for (int x = 0; x < image.cols; ++x) first[static_cast<std::size_t>(map.labels.at<std::int32_t>(y, x))].emplace_back(x, y);
  std::vector<NaiveRegion> regions;
  std::set<Corners> boxes;
  for (const Pixels& pixels : first) {
    regions.push_back(region_of(pixels));
    boxes.insert(corners_of(box_of(pixels)));
  }
  const auto total = static_cast<double>(image.total());
  while (regions.size() > 1) {
    double best = -1;
    std::size_t a = 0, b = 0;
    for (std::size_t i = 0; i < regions.size(); ++i)
      for (std::size_t j = i + 1; j < regions.size(); ++j) {
        if (!touch(regions[i].pixels, regions[j].pixels)) continue;
        Pixels both = regions[i].pixels;
        both.insert(both.end(), regions[j].pixels.begin(), regions[j].pixels.end());
        double sum = 0;
        if (similarity.colour) sum += intersection(regions[i].colour, regions[j].colour);
        if (similarity.texture) sum += intersection(regions[i].texture, regions[j].texture);
        if (similarity.size) sum += 1 - static_cast<double>(both.size()) / total;
        if (similarity.fill) sum += 1 - (box_of(both).area() - static_cast<double>(both.size())) / total;
        if (sum > best + 1e-9) best = sum, a = i, b = j;
      }
    Pixels both = regions[a].pixels;
    both.insert(both.end(), regions[b].pixels.begin(), regions[b].pixels.end());
    boxes.insert(corners_of(box_of(both)));
    regions.erase(regions.begin() + static_cast<std::ptrdiff_t>(b));
    regions.erase(regions.begin() + static_cast<std::ptrdiff_t>(a));
    regions.push_back(region_of(both));
  }
  return boxes;
}

// ----------------------------------------------------------------------------------------------------------------------- tests

TEST(SelectiveSearch, GroupsByTheDefinitions) {
  const cv::Mat image = blobs(40, 48, 1);
  for (const Similarity& similarity :
       {Similarity{.colour = true}, {.texture = true}, {.size = true}, {.fill = true}, {true, true, true, true}})
    for (const ColourSpace space : {ColourSpace::hsv, ColourSpace::lab, ColourSpace::intensity}) {
      SCOPED_TRACE(testing::Message() << name_of(space) << ", colour " << similarity.colour << " texture " << similarity.texture << " size "
                                      << similarity.size << " fill " << similarity.fill);
      const SelectiveSearch search({.spaces = {space}, .scales = {20}, .similarities = {similarity}, .min_side = 0});
      const std::set<Corners> expected = naive_boxes(image, space, 20, similarity);
      ASSERT_GT(expected.size(), 8u);
      EXPECT_EQ(corners(search.propose(image)), expected);
    }
}

TEST(SelectiveSearch, StrategiesAddUp) {
  const cv::Mat image = blobs(60, 80, 2);
  const SelectiveSearchOptions fast = [] {
    SelectiveSearchOptions options = selective_search_preset("fast");
    options.min_side = 0;
    return options;
  }();
  std::set<Corners> expected;
  for (const ColourSpace space : fast.spaces)
    for (const double scale : fast.scales)
      for (const Similarity& similarity : fast.similarities)
        expected.merge(
            corners(SelectiveSearch({.spaces = {space}, .scales = {scale}, .similarities = {similarity}, .min_side = 0}).propose(image)));
  const std::vector<Proposal> found = SelectiveSearch(fast).propose(image);
  EXPECT_EQ(corners(found), expected);
  EXPECT_EQ(found.size(), expected.size()) << "no box twice";
}

TEST(SelectiveSearch, PresetsAreThePapers) {
  const auto strategies = [](const char* name) {
    const SelectiveSearchOptions options = selective_search_preset(name);
    return options.spaces.size() * options.scales.size() * options.similarities.size();
  };
  EXPECT_EQ(strategies("single"), 1u);
  EXPECT_EQ(strategies("fast"), 8u);
  EXPECT_EQ(strategies("quality"), 80u);
  EXPECT_THAT([] { selective_search_preset("fats"); }, ThrowsMessage<OptionError>(HasSubstr("did you mean \"fast\"?")));
}

TEST(SelectiveSearch, RankingIsSeededAndNested) {
  const cv::Mat image = blobs(90, 120, 3);
  const auto search = [&](std::uint64_t seed, std::int64_t max_boxes) {
    return SelectiveSearch({.max_boxes = max_boxes, .seed = seed}).propose(image);
  };
  const std::vector<Proposal> all = search(0, 0), few = search(0, 20), other = search(1, 0);
  ASSERT_EQ(few.size(), 20u);
  for (std::size_t i = 0; i < few.size(); ++i) EXPECT_EQ(few[i].box, all[i].box);
  EXPECT_EQ(corners(other), corners(all));
  EXPECT_NE(other[0].box == all[0].box && other[1].box == all[1].box && other[2].box == all[2].box, true);
  for (std::size_t i = 0; i < all.size(); ++i) {
    EXPECT_GT(all[i].score, 0);
    EXPECT_LE(all[i].score, i == 0 ? 1 : all[i - 1].score);
  }
}

TEST(SelectiveSearch, SegmentsFillTheirBoxes) {
  const cv::Mat image = blobs(60, 80, 4);
  const std::vector<Proposal> with = SelectiveSearch({.segments = true}).propose(image), without = SelectiveSearch().propose(image);
  ASSERT_EQ(with.size(), without.size());
  for (std::size_t i = 0; i < with.size(); ++i) {
    EXPECT_EQ(with[i].box, without[i].box);
    EXPECT_TRUE(without[i].segment.empty());
    std::vector<cv::Point> inside;
    cv::findNonZero(with[i].segment, inside);
    EXPECT_EQ(cv::boundingRect(inside), cv::Rect(0, 0, static_cast<int>(with[i].box.width()), static_cast<int>(with[i].box.height())));
  }
}

TEST(SelectiveSearch, DoesNotDependOnThreads) {
  const cv::Mat image = blobs(120, 160, 5);
  const auto search = [&](int threads) {
    return SelectiveSearch(selective_search_preset("quality"), std::make_shared<const Threads>(threads)).propose(image);
  };
  const std::vector<Proposal> expected = search(1);
  for (const int threads : {2, 3}) {
    const std::vector<Proposal> found = search(threads);
    ASSERT_EQ(found.size(), expected.size());
    for (std::size_t i = 0; i < found.size(); ++i) {
      EXPECT_EQ(found[i].box, expected[i].box);
      EXPECT_EQ(found[i].score, expected[i].score);
    }
  }
}

TEST(SelectiveSearch, SmallBoxesAreLeftOut) {
  const cv::Mat image = blobs(150, 250, 6);
  for (const Proposal& p : SelectiveSearch({.min_side = 12}).propose(image)) EXPECT_GE(std::min(p.box.width(), p.box.height()), 12);
  const std::vector<Proposal> found = SelectiveSearch({.min_side = 60}).propose(image);
  EXPECT_TRUE(std::any_of(found.begin(), found.end(), [](const Proposal& p) { return p.box.height() < 20; })) << "a tenth of 150 stays";
}

TEST(SelectiveSearch, TakesAnyShape) {
  for (const cv::Size size : {cv::Size(1, 1), {1, 40}, {40, 1}, {3, 2}, {500, 10}, {10, 500}}) {
    cv::Mat image = blobs(600, 600, 7)(cv::Rect({10, 10}, size)).clone();
    cv::Mat grey;
    cv::cvtColor(image, grey, cv::COLOR_BGR2GRAY);
    for (const cv::Mat& input : {image, grey, cv::Mat(image.size(), CV_8UC3, cv::Scalar(9, 9, 9))})
      for (const char* preset : {"single", "fast", "quality"}) {
        const std::vector<Proposal> found = SelectiveSearch(selective_search_preset(preset)).propose(input);
        const Box whole{0, 0, static_cast<float>(size.width), static_cast<float>(size.height)};
        EXPECT_TRUE(std::any_of(found.begin(), found.end(), [&](const Proposal& p) { return p.box == whole; }))
            << size.width << "x" << size.height;
      }
  }
}

TEST(SelectiveSearch, SaysWhatItWants) {
  EXPECT_THAT([] { SelectiveSearch({.spaces = {}}); }, ThrowsMessage<OptionError>(HasSubstr("at least one colour space")));
  EXPECT_THAT([] { SelectiveSearch({.scales = {-1}}); }, ThrowsMessage<OptionError>(HasSubstr("scales are 0 or more, found -1")));
  EXPECT_THAT([] { SelectiveSearch({.similarities = {{}}}); }, ThrowsMessage<OptionError>(HasSubstr("at least one of colour")));
  EXPECT_THAT([] { SelectiveSearch({.max_boxes = -3}); }, ThrowsMessage<OptionError>(HasSubstr("found -3")));
  EXPECT_THAT([] { SelectiveSearch().propose(cv::Mat(3, 3, CV_32FC3)); }, ThrowsMessage<ShapeError>(HasSubstr("8-bit BGR or grey image")));
  EXPECT_THAT([] { SelectiveSearch().propose(cv::Mat()); }, ThrowsMessage<ShapeError>(HasSubstr("found 0x0")));
}

}  // namespace
}  // namespace fovea
