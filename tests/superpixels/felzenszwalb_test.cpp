#include "fovea/superpixels/felzenszwalb.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <numeric>
#include <opencv2/imgproc.hpp>
#include <vector>

#include "fovea/base/error.hpp"
#include "fovea/base/memory.hpp"
#include "pictures.hpp"

namespace fovea {
namespace {

using test::expect_same_partition;
using test::photograph;
using test::random_image;
using testing::HasSubstr;
using testing::ThrowsMessage;
using Distance = PixelGraphOptions::Distance;

// ------------------------------------------------------------------------------ the published algorithm, as it is written down

struct NaiveEdge {
  float weight;
  int a, b;
};

float value_at(const cv::Mat& image, int y, int x, int c) {
  y = std::clamp(y, 0, image.rows - 1);
  x = std::clamp(x, 0, image.cols - 1);
  const int i = x * image.channels() + c;
  if (image.depth() == CV_8U) return image.ptr<std::uint8_t>(y)[i];
  if (image.depth() == CV_16U) return static_cast<float>(image.ptr<std::uint16_t>(y)[i]) / 257.0f;
  return image.ptr<float>(y)[i];
}

/// f32, each sum from the centre outwards.
cv::Mat naive_smooth(const cv::Mat& image, double sigma) {
  const int radius = static_cast<int>(std::ceil(4 * sigma)), channels = image.channels();
  double total = 0;
  const auto gauss = [&](int i) { return i == 0 ? 1.0 : std::exp(-0.5 * (i / sigma) * (i / sigma)); };
  for (int i = 1; i <= radius; ++i) total += 2 * gauss(i);
  total += 1;
  const auto tap = [&](int i) { return static_cast<float>(gauss(i) / total); };
  cv::Mat rows(image.size(), CV_32FC(channels)), out(image.size(), CV_32FC(channels));
  for (int y = 0; y < image.rows; ++y)
    for (int x = 0; x < image.cols; ++x)
      for (int c = 0; c < channels; ++c) {
        float sum = tap(0) * value_at(image, y, x, c);
        for (int i = 1; i <= radius; ++i) sum += tap(i) * (value_at(image, y, x - i, c) + value_at(image, y, x + i, c));
        rows.ptr<float>(y)[x * channels + c] = radius == 0 ? value_at(image, y, x, c) : sum;
      }
  for (int y = 0; y < image.rows; ++y)
    for (int x = 0; x < image.cols; ++x)
      for (int c = 0; c < channels; ++c) {
        float sum = tap(0) * value_at(rows, y, x, c);
        for (int i = 1; i <= radius; ++i) sum += tap(i) * (value_at(rows, y - i, x, c) + value_at(rows, y + i, x, c));
        out.ptr<float>(y)[x * channels + c] = radius == 0 ? value_at(rows, y, x, c) : sum;
      }
  return out;
}

std::vector<NaiveEdge> naive_edges(const cv::Mat& image, const PixelGraphOptions& options) {
  const cv::Mat smooth = naive_smooth(image, options.sigma);
  std::vector<std::pair<int, int>> steps = {{1, 0}, {0, 1}};
  if (options.neighbours == 8) steps = {{1, 0}, {-1, 1}, {0, 1}, {1, 1}};
  std::vector<NaiveEdge> edges;
  for (int y = 0; y < image.rows; ++y)
    for (int x = 0; x < image.cols; ++x)
      for (const auto& [dx, dy] : steps) {
        const int u = x + dx, v = y + dy;
        if (u < 0 || u >= image.cols || v >= image.rows) continue;
        float square = 0;
        for (int c = 0; c < image.channels(); ++c) {
          const float difference = value_at(smooth, y, x, c) - value_at(smooth, v, u, c);
          square += difference * difference;
        }
        edges.push_back({options.distance == Distance::squared ? square : std::sqrt(square), y * image.cols + x, v * image.cols + u});
      }
  std::stable_sort(edges.begin(), edges.end(), [](const NaiveEdge& a, const NaiveEdge& b) { return a.weight < b.weight; });
  return edges;
}

/// Regions as lists of pixels: no tree, no rank, no shortcut.
struct NaiveRegions {
  explicit NaiveRegions(int pixels) : region(static_cast<std::size_t>(pixels)), members(region.size()), internal(region.size(), 0.0f) {
    std::iota(region.begin(), region.end(), 0);
    for (std::size_t i = 0; i < region.size(); ++i) members[i] = {static_cast<int>(i)};
  }
  std::size_t of(int pixel) const { return static_cast<std::size_t>(region[static_cast<std::size_t>(pixel)]); }
  float bound(std::size_t r, double k) const { return internal[r] + static_cast<float>(k) / static_cast<float>(members[r].size()); }
  void join(std::size_t a, std::size_t b) {
    if (members[a].size() < members[b].size()) std::swap(a, b);  // moves fewer; which name stays is nowhere seen
    for (const int pixel : members[b]) region[static_cast<std::size_t>(pixel)] = static_cast<int>(a);
    members[a].insert(members[a].end(), members[b].begin(), members[b].end());
    members[b].clear();
  }
  std::vector<int> region;
  std::vector<std::vector<int>> members;
  std::vector<float> internal;
};

NaiveRegions naive_growth(const std::vector<NaiveEdge>& edges, int pixels, double k) {
  NaiveRegions regions(pixels);
  for (const NaiveEdge& edge : edges) {
    const std::size_t a = regions.of(edge.a), b = regions.of(edge.b);
    if (a == b || edge.weight > std::min(regions.bound(a, k), regions.bound(b, k))) continue;
    regions.join(a, b);
    regions.internal[regions.of(edge.a)] = edge.weight;
  }
  return regions;
}

cv::Mat numbered(const NaiveRegions& regions, cv::Size size) {
  cv::Mat labels(size, CV_32S);
  std::map<std::size_t, int> numbers;
  for (int i = 0; i < size.area(); ++i)
    labels.at<std::int32_t>(i / size.width, i % size.width) =
        numbers.try_emplace(regions.of(i), static_cast<int>(numbers.size())).first->second;
  return labels;
}

cv::Mat naive(const cv::Mat& image, const FelzenszwalbOptions& options) {
  const std::vector<NaiveEdge> edges = naive_edges(image, options.graph);
  NaiveRegions regions = naive_growth(edges, image.rows * image.cols, options.scale);
  const auto least = static_cast<std::size_t>(options.min_size);
  for (const NaiveEdge& edge : edges) {
    const std::size_t a = regions.of(edge.a), b = regions.of(edge.b);
    if (a != b && (regions.members[a].size() < least || regions.members[b].size() < least)) regions.join(a, b);
  }
  return numbered(regions, image.size());
}

// ----------------------------------------------------------------------------------------------------------------------- tests

void expect_is_published(const cv::Mat& image, const FelzenszwalbOptions& options) {
  const RegionMap map = felzenszwalb(image, options);
  const cv::Mat expected = naive(image, options);
  expect_same_partition(map.labels, expected);
  double largest = 0;
  cv::minMaxLoc(expected, nullptr, &largest);
  EXPECT_EQ(map.count, static_cast<std::int32_t>(largest) + 1);
  const PixelGraph graph(image, options.graph);
  expect_same_partition(graph.partition(options.scale, options.min_size).labels, expected);
}

TEST(Felzenszwalb, IsThePublishedAlgorithmOnRandomImages) {
  std::uint64_t seed = 0;
  for (const int channels : {1, 2, 3, 5})
    for (const int levels : {2, 7, 256})
      for (const int neighbours : {4, 8})
        for (const double sigma : {0.0, 0.8})
          for (const double scale : {0.0, 3.0, 300.0}) {
            SCOPED_TRACE(testing::Message() << channels << " channels, " << levels << " levels, " << neighbours << " neighbours, sigma "
                                            << sigma << ", k " << scale);
            const cv::Mat image = random_image(23, 31, channels, levels, ++seed);
            for (const std::int64_t least : {1, 9})
              expect_is_published(image, {.scale = scale, .min_size = least, .graph = {.sigma = sigma, .neighbours = neighbours}});
          }
}

TEST(Felzenszwalb, IsThePublishedAlgorithmOnPhotographs) {
  for (const char* name : {"fruits.jpg", "building.jpg", "baboon.jpg"}) {
    SCOPED_TRACE(name);
    const cv::Mat image = photograph(name);
    if (image.empty()) GTEST_SKIP() << "Debian's opencv-doc is not installed";
    expect_is_published(image, {});
    expect_is_published(image, {.scale = 30, .min_size = 1, .graph = {.sigma = 0, .neighbours = 4}});
    expect_is_published(image, {.scale = 2000, .min_size = 20, .graph = {.sigma = 0.5, .distance = Distance::squared}});
  }
}

/// Larger than a group of edges and than a bucket that is sorted in scratch memory, with hundreds of thousands of equal weights.
TEST(Felzenszwalb, IsThePublishedAlgorithmOnManyEqualWeights) {
  for (const int levels : {2, 256}) {
    const cv::Mat image = random_image(700, 800, 1, levels, 7);
    expect_is_published(image, {.scale = 2, .min_size = 3, .graph = {.sigma = 0}});
  }
  cv::Mat values;  // all weights below the smallest that has a bucket of its own
  random_image(400, 700, 1, 256, 8).convertTo(values, CV_32F, 1e-8);
  expect_is_published(values, {.scale = 1e-6, .min_size = 5, .graph = {.sigma = 0}});
}

/// With k = 0 nothing but the order of the edges decides which regions are joined for their size: two edges in the wrong order show.
TEST(Felzenszwalb, EdgesAreOrderedToTheLastBit) {
  expect_is_published(random_image(300, 400, 3, 256, 10), {.scale = 0, .min_size = 7});
  cv::Mat values;
  random_image(300, 400, 1, 256, 11).convertTo(values, CV_32F, 1e-6, 50);  // weights are small multiples of the last bit of 50
  expect_is_published(values, {.scale = 0, .min_size = 7, .graph = {.sigma = 0}});
}

/// D(A, B) > MInt(A, B) between all regions that touch, before the minimum-size step: the published predicate (equation 3).
TEST(Felzenszwalb, ThePredicateHoldsBetweenAllNeighbours) {
  cv::Mat photo = photograph("fruits.jpg");
  if (photo.empty()) photo = random_image(300, 400, 3, 256, 1);
  int pairs = 0;
  for (const cv::Mat& image : {photo, random_image(60, 70, 3, 256, 2), random_image(60, 70, 1, 5, 3)})
    for (const double scale : {10.0, 200.0}) {
      const FelzenszwalbOptions options{.scale = scale, .min_size = 1};
      const RegionMap map = felzenszwalb(image, options);
      const std::vector<NaiveEdge> edges = naive_edges(image, options.graph);
      const auto label = [&](int pixel) { return map.labels.at<std::int32_t>(pixel / image.cols, pixel % image.cols); };
      // Int(C): the largest edge of the minimum spanning tree, found by growing the trees of all regions inside their pixels.
      NaiveRegions trees(image.rows * image.cols);
      std::vector<float> internal(static_cast<std::size_t>(map.count), 0.0f);
      for (const NaiveEdge& edge : edges)
        if (label(edge.a) == label(edge.b) && trees.of(edge.a) != trees.of(edge.b)) {
          trees.join(trees.of(edge.a), trees.of(edge.b));
          internal[static_cast<std::size_t>(label(edge.a))] = edge.weight;  // ascending
        }
      const auto bound = [&](int pixel) {
        return internal[static_cast<std::size_t>(label(pixel))] +
               static_cast<float>(scale) / static_cast<float>(trees.members[trees.of(pixel)].size());
      };
      for (const NaiveEdge& edge : edges)
        if (label(edge.a) != label(edge.b)) {
          ASSERT_GT(edge.weight, std::min(bound(edge.a), bound(edge.b)));
          ++pairs;
        }
    }
  EXPECT_GT(pairs, 1000);
}

TEST(Felzenszwalb, LectureModeIsThePseudocode) {
  // 5x3 pixels, k = 10: weights are squared differences. Two flat halves whose difference of 9 is more than the 10/7 that the smaller
  // half may spend, a pixel inside that costs 1, and one of 36 that stays alone.
  const cv::Mat image = (cv::Mat_<std::uint8_t>(3, 5) << 10, 10, 13, 13, 13,  //
                         10, 11, 13, 13, 19,                                  //
                         10, 10, 13, 13, 13);
  const RegionMap map = felzenszwalb(image, lecture_felzenszwalb(10));
  const cv::Mat expected = (cv::Mat_<std::int32_t>(3, 5) << 0, 0, 1, 1, 1,  //
                            0, 0, 1, 1, 2,                                  //
                            0, 0, 1, 1, 1);
  expect_same_partition(map.labels, expected);
  EXPECT_EQ(felzenszwalb(image, lecture_felzenszwalb(100)).count, 2) << "36 is within 100 / 1 but not within 100 / 8";
  EXPECT_EQ(felzenszwalb(image, lecture_felzenszwalb(0)).count, 4) << "only equal pixels are joined; the 11 and the 19 stay alone";
}

TEST(Felzenszwalb, DoesNotDependOnThreads) {
  cv::Mat image = photograph("home.jpg");
  if (image.empty()) image = random_image(500, 600, 3, 256, 4);
  const RegionMap expected = felzenszwalb(image, {}, Threads(1));
  for (const int count : {2, 3}) expect_same_partition(felzenszwalb(image, {}, Threads(count)).labels, expected.labels);
}

TEST(Felzenszwalb, TakesAnyShape) {
  for (const cv::Size size : {cv::Size(1, 1), {1, 40}, {40, 1}, {2, 1}, {500, 10}, {10, 500}}) {
    SCOPED_TRACE(testing::Message() << size.width << "x" << size.height);
    for (const int neighbours : {4, 8})
      expect_is_published(random_image(size.height, size.width, 3, 200, 5), {.min_size = 3, .graph = {.neighbours = neighbours}});
  }
}

TEST(Felzenszwalb, AConstantImageIsOneRegion) {
  const RegionMap map = felzenszwalb(cv::Mat(40, 50, CV_8UC3, cv::Scalar(3, 90, 200)), {.scale = 0, .min_size = 1});
  EXPECT_EQ(map.count, 1);
  EXPECT_EQ(cv::countNonZero(map.labels), 0);
}

/// 64 bytes a pixel with the image and the labels, whatever the image: noise has most edges that stay. (The peak of the whole process is
/// measured by benchmarks/compare/segmentation.py.)
TEST(Felzenszwalb, MemoryIsBounded) {
  for (const double scale : {0.0, 1e6}) {
    const cv::Mat image = random_image(1500, 1600, 3, 256, 12);
    const std::size_t before = host_memory_statistics().current;
    reset_host_memory_peak();
    felzenszwalb(image, {.scale = scale});
    const double peak = static_cast<double>(host_memory_statistics().peak - before) / static_cast<double>(image.total());
    EXPECT_GT(peak, 40) << "edges and regions come from this memory";
    EXPECT_LE(peak + 3 + 4, 64);
  }
}

TEST(Felzenszwalb, DepthsShareOneScale) {
  const cv::Mat bytes = random_image(40, 50, 3, 256, 6);
  cv::Mat words, floats, doubles, integers;
  bytes.convertTo(words, CV_16U, 257);
  bytes.convertTo(floats, CV_32F);
  bytes.convertTo(doubles, CV_64F);
  bytes.convertTo(integers, CV_32S);
  const RegionMap expected = felzenszwalb(bytes);
  for (const cv::Mat& image : {words, floats, doubles, integers}) expect_same_partition(felzenszwalb(image).labels, expected.labels);
}

TEST(Felzenszwalb, ViewsAreReadByTheirRows) {
  const cv::Mat image = random_image(60, 70, 3, 256, 9);
  const cv::Mat view = image(cv::Rect(5, 7, 40, 30));
  expect_same_partition(felzenszwalb(view).labels, felzenszwalb(view.clone()).labels);
}

TEST(Felzenszwalb, SaysWhatItWants) {
  const cv::Mat image = random_image(4, 4, 3, 256, 1);
  EXPECT_THAT([&] { felzenszwalb(image, {.scale = -1}); },
              ThrowsMessage<OptionError>(HasSubstr("[felzenszwalb] the scale is 0 or more, found -1")));
  EXPECT_THAT([&] { felzenszwalb(image, {.scale = NAN}); }, ThrowsMessage<OptionError>(HasSubstr("found nan")));
  EXPECT_THAT([&] { felzenszwalb(image, {.min_size = 0}); }, ThrowsMessage<OptionError>(HasSubstr("at least 1 pixel, found 0")));
  EXPECT_THAT([&] { felzenszwalb(image, {.graph = {.sigma = -0.1}}); },
              ThrowsMessage<OptionError>(HasSubstr("from 0 to 100 pixels, found -0.1")));
  EXPECT_THAT([&] { felzenszwalb(image, {.graph = {.neighbours = 6}}); },
              ThrowsMessage<OptionError>(HasSubstr("4 or 8 neighbours, found 6")));
  EXPECT_THAT([] { felzenszwalb(cv::Mat()); }, ThrowsMessage<ShapeError>(HasSubstr("at least one pixel, found 0x0")));
  cv::Mat broken(4, 4, CV_32F, cv::Scalar(0));
  broken.at<float>(2, 1) = std::numeric_limits<float>::quiet_NaN();
  EXPECT_THAT([&] { felzenszwalb(broken); }, ThrowsMessage<OptionError>(HasSubstr("finite pixel values, found another in row 2")));
}

}  // namespace
}  // namespace fovea
