#include "fovea/superpixels/slic.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <opencv2/core.hpp>
#include <opencv2/imgproc.hpp>
#include <vector>

#include "fovea/base/error.hpp"
#include "fovea/superpixels/region_graph.hpp"
#include "pixel_planes.hpp"

namespace fovea {

namespace {

constexpr const char* kName = "slic";
constexpr float kFirstRange = 10;  // of colour distances, in SLICO's first iteration

/// BGR planes (0 to 255) become CIELAB, grey ones L; others stay.
void to_lab(PixelPlanes& planes, const Threads& threads) {
  if (planes.channels == 1) {
    const std::int64_t count = planes.height * planes.width;
    for (std::int64_t i = 0; i < count; ++i) planes.values[static_cast<std::size_t>(i)] *= 100.0f / 255;
  }
  if (planes.channels != 3) return;
  parallel_blocks(threads, planes.height, [&](std::int64_t y) {
    const int width = static_cast<int>(planes.width);
    cv::Mat channels[3], colours;
    for (int c = 0; c < 3; ++c) channels[c] = cv::Mat(1, width, CV_32F, planes.row(c, y));
    cv::merge(channels, 3, colours);
    colours *= 1.0 / 255;
    cv::cvtColor(colours, colours, cv::COLOR_BGR2Lab);
    cv::split(colours, channels);  // into the planes, whose size and type fit
  });
}

struct Centre {
  float x, y;
  float range = kFirstRange;  // c_k of SLICO
};

class Clusters {
 public:
  Clusters(const PixelPlanes& planes, const SlicOptions& options) : planes_(planes), options_(options) {
    const auto width = static_cast<double>(planes.width), height = static_cast<double>(planes.height);
    step_ = std::max(1.0, std::sqrt(width * height / static_cast<double>(options.segments)));
    const auto columns = std::max<std::int64_t>(1, std::llround(width / step_)),
               rows = std::max<std::int64_t>(1, std::llround(height / step_));
    // The grid's cells are S x S but for rounding; a centre reaches over its own cell in any case.
    reach_ = static_cast<float>(std::max({step_, width / static_cast<double>(columns), height / static_cast<double>(rows)}));
    for (std::int64_t row = 0; row < rows; ++row)
      for (std::int64_t column = 0; column < columns; ++column)
        add_centre(static_cast<std::int64_t>((static_cast<double>(row) + 0.5) * height / static_cast<double>(rows)),
                   static_cast<std::int64_t>((static_cast<double>(column) + 0.5) * width / static_cast<double>(columns)));
    labels_ = cv::Mat(static_cast<int>(planes.height), static_cast<int>(planes.width), CV_32S, cv::Scalar(0));
  }

  const cv::Mat& labels() const { return labels_; }
  double step() const { return step_; }

  void assign(const Threads& threads) {
    parallel_for(threads, planes_.height, kBandRows, [&](std::int64_t begin, std::int64_t end) {
      const auto pixels = static_cast<std::size_t>((end - begin) * planes_.width);
      std::vector<float> nearest(pixels, std::numeric_limits<float>::infinity());
      std::vector<float> distances(static_cast<std::size_t>(planes_.width));
      for (std::size_t k = 0; k < centres_.size(); ++k) {
        const auto [left, right] = span(centres_[k].x, planes_.width);
        const auto [top, bottom] = span(centres_[k].y, planes_.height);
        for (std::int64_t y = std::max(top, begin); y < std::min(bottom, end); ++y) {
          compute_distances(k, y, left, right, distances.data());
          float* const best = nearest.data() + (y - begin) * planes_.width;
          auto* const labels = labels_.ptr<std::int32_t>(static_cast<int>(y));
          for (std::int64_t x = left; x < right; ++x) {
            const bool nearer = distances[static_cast<std::size_t>(x - left)] < best[x];
            best[x] = nearer ? distances[static_cast<std::size_t>(x - left)] : best[x];
            labels[x] = nearer ? static_cast<std::int32_t>(k) : labels[x];
          }
        }
      }
    });
  }

  /// Every centre to the mean of its pixels. Each sums its own, so that the order does not depend on the threads.
  void update(const Threads& threads) {
    constexpr std::int64_t kGrain = 16;
    parallel_for(threads, static_cast<std::int64_t>(centres_.size()), kGrain, [&](std::int64_t begin, std::int64_t end) {
      std::vector<double> sums(static_cast<std::size_t>(planes_.channels));
      for (std::int64_t k = begin; k < end; ++k) move_to_mean(static_cast<std::size_t>(k), sums);
    });
  }

 private:
  static constexpr std::int64_t kBandRows = 32;

  float* colour(std::size_t k) { return colours_.data() + k * static_cast<std::size_t>(planes_.channels); }
  const float* colour(std::size_t k) const { return colours_.data() + k * static_cast<std::size_t>(planes_.channels); }

  /// Squared differences of the neighbours on both sides, along both axes.
  float gradient(std::int64_t y, std::int64_t x) const {
    const std::int64_t left = std::max<std::int64_t>(x - 1, 0), right = std::min(x + 1, planes_.width - 1),
                       up = std::max<std::int64_t>(y - 1, 0), down = std::min(y + 1, planes_.height - 1);
    float sum = 0;
    for (std::int64_t c = 0; c < planes_.channels; ++c) {
      const float across = planes_.row(c, y)[right] - planes_.row(c, y)[left], along = planes_.row(c, down)[x] - planes_.row(c, up)[x];
      sum += across * across + along * along;
    }
    return sum;
  }

  void add_centre(std::int64_t y, std::int64_t x) {
    std::int64_t best_y = y, best_x = x;
    for (std::int64_t v = std::max<std::int64_t>(y - 1, 0); v <= std::min(y + 1, planes_.height - 1); ++v)
      for (std::int64_t u = std::max<std::int64_t>(x - 1, 0); u <= std::min(x + 1, planes_.width - 1); ++u)
        if (gradient(v, u) < gradient(best_y, best_x)) best_y = v, best_x = u;
    centres_.push_back({.x = static_cast<float>(best_x), .y = static_cast<float>(best_y)});
    for (std::int64_t c = 0; c < planes_.channels; ++c) colours_.push_back(planes_.row(c, best_y)[best_x]);
  }

  /// Pixels that a centre looks at along one axis.
  std::pair<std::int64_t, std::int64_t> span(float centre, std::int64_t extent) const {
    return {std::max<std::int64_t>(0, static_cast<std::int64_t>(std::ceil(centre - reach_))),
            std::min(extent, static_cast<std::int64_t>(std::floor(centre + reach_)) + 1)};
  }

  float colour_weight(std::size_t k) const { return options_.zero_parameter ? 1 / std::max(centres_[k].range, 1e-6f) : 1; }

  void compute_distances(std::size_t k, std::int64_t y, std::int64_t left, std::int64_t right, float* out) const {
    const Centre& centre = centres_[k];
    const float by_place = static_cast<float>((options_.zero_parameter ? 1 : options_.compactness) / step_), by_colour = colour_weight(k);
    const float dy = static_cast<float>(y) - centre.y;
    for (std::int64_t x = left; x < right; ++x) out[x - left] = 0;
    for (std::int64_t c = 0; c < planes_.channels; ++c) {
      const float mean = colour(k)[c];
      const float* const row = planes_.row(c, y);
      for (std::int64_t x = left; x < right; ++x) out[x - left] += (row[x] - mean) * (row[x] - mean);
    }
    for (std::int64_t x = left; x < right; ++x) {
      const float dx = static_cast<float>(x) - centre.x;
      out[x - left] = by_colour * std::sqrt(out[x - left]) + by_place * std::sqrt(dx * dx + dy * dy);
    }
  }

  void move_to_mean(std::size_t k, std::vector<double>& sums) {
    std::fill(sums.begin(), sums.end(), 0.0);
    double sum_x = 0, sum_y = 0, range = 0;
    std::int64_t count = 0;
    const auto [left, right] = span(centres_[k].x, planes_.width);
    const auto [top, bottom] = span(centres_[k].y, planes_.height);
    for (std::int64_t y = top; y < bottom; ++y) {
      const auto* const labels = labels_.ptr<std::int32_t>(static_cast<int>(y));
      for (std::int64_t x = left; x < right; ++x) {
        if (labels[x] != static_cast<std::int32_t>(k)) continue;
        ++count;
        sum_x += static_cast<double>(x);
        sum_y += static_cast<double>(y);
        double square = 0;
        for (std::int64_t c = 0; c < planes_.channels; ++c) {
          const float value = planes_.row(c, y)[x];
          sums[static_cast<std::size_t>(c)] += value;
          square += double{value - colour(k)[c]} * (value - colour(k)[c]);
        }
        range = std::max(range, square);
      }
    }
    if (count == 0) return;  // stays where it is
    const auto size = static_cast<double>(count);
    centres_[k] = {
        .x = static_cast<float>(sum_x / size), .y = static_cast<float>(sum_y / size), .range = static_cast<float>(std::sqrt(range))};
    for (std::size_t c = 0; c < sums.size(); ++c) colour(k)[c] = static_cast<float>(sums[c] / size);
  }

  const PixelPlanes& planes_;
  const SlicOptions& options_;
  double step_;
  float reach_;
  std::vector<Centre> centres_;
  std::vector<float> colours_;  // channels of each centre
  cv::Mat labels_;
};

/// Which connected piece stays as it is: the largest of its cluster (the first of equal ones), unless that is too small itself.
std::vector<bool> settled_pieces(const RegionMap& pieces, const cv::Mat& labels, double least) {
  const auto count = static_cast<std::size_t>(pieces.count);
  std::vector<std::int64_t> area(count);
  std::vector<std::int32_t> cluster(count);
  std::int32_t clusters = 0;
  for (int y = 0; y < labels.rows; ++y)
    for (int x = 0; x < labels.cols; ++x) {
      const auto piece = static_cast<std::size_t>(pieces.labels.at<std::int32_t>(y, x));
      ++area[piece];
      cluster[piece] = labels.at<std::int32_t>(y, x);
      clusters = std::max(clusters, cluster[piece] + 1);
    }
  std::vector<std::int32_t> largest(static_cast<std::size_t>(clusters), -1);
  for (std::size_t piece = 0; piece < count; ++piece) {
    std::int32_t& best = largest[static_cast<std::size_t>(cluster[piece])];
    if (best < 0 || area[piece] > area[static_cast<std::size_t>(best)]) best = static_cast<std::int32_t>(piece);
  }
  std::vector<bool> settled(count);
  for (std::size_t piece = 0; piece < count; ++piece)
    settled[piece] =
        largest[static_cast<std::size_t>(cluster[piece])] == static_cast<std::int32_t>(piece) && static_cast<double>(area[piece]) >= least;
  if (std::find(settled.begin(), settled.end(), true) == settled.end()) settled[0] = true;
  return settled;
}

/// Joins pieces that do not stay to neighbours that do; those that touch none wait for the next round.
RegionMap join_orphans(const cv::Mat& labels, double least) {
  const RegionMap pieces = connected_regions(labels, 4);
  const std::vector<RegionEdge> edges = region_graph(pieces, 4);
  std::vector<bool> settled = settled_pieces(pieces, labels, least);
  std::vector<std::int32_t> region(settled.size());
  for (std::size_t i = 0; i < region.size(); ++i) region[i] = static_cast<std::int32_t>(i);
  for (bool waiting = true; waiting;) {
    struct Choice {
      std::int32_t piece = -1;
      std::int64_t length = 0;
    };
    std::vector<Choice> choices(settled.size());
    const auto offer = [&](std::int32_t to, std::int32_t from, std::int64_t length) {
      Choice& choice = choices[static_cast<std::size_t>(to)];
      if (length > choice.length || (length == choice.length && from < choice.piece)) choice = {from, length};
    };
    for (const RegionEdge& edge : edges) {
      const bool a = settled[static_cast<std::size_t>(edge.a)], b = settled[static_cast<std::size_t>(edge.b)];
      if (a && !b) offer(edge.b, edge.a, edge.length);
      if (b && !a) offer(edge.a, edge.b, edge.length);
    }
    waiting = false;
    for (std::size_t piece = 0; piece < settled.size(); ++piece) {
      if (choices[piece].piece < 0) continue;
      region[piece] = region[static_cast<std::size_t>(choices[piece].piece)];
      settled[piece] = waiting = true;
    }
  }
  cv::Mat joined(labels.size(), CV_32S);
  for (int y = 0; y < labels.rows; ++y)
    for (int x = 0; x < labels.cols; ++x)
      joined.at<std::int32_t>(y, x) = region[static_cast<std::size_t>(pieces.labels.at<std::int32_t>(y, x))];
  return relabel(joined);
}

}  // namespace

RegionMap slic(const cv::Mat& image, const SlicOptions& options, const Threads& threads) {
  if (options.segments < 1) throw OptionError(fmt::format("[{}] at least 1 segment, found {}", kName, options.segments));
  if (options.iterations < 1) throw OptionError(fmt::format("[{}] at least 1 iteration, found {}", kName, options.iterations));
  if (!(options.compactness >= 0 && std::isfinite(options.compactness)))
    throw OptionError(fmt::format("[{}] the compactness is 0 or more, found {}", kName, options.compactness));
  PixelPlanes planes = smooth_planes(image, 0, threads, kName);
  to_lab(planes, threads);
  Clusters clusters(planes, options);
  for (int i = 0; i < options.iterations; ++i) {
    clusters.assign(threads);
    if (i + 1 < options.iterations) clusters.update(threads);
  }
  return join_orphans(clusters.labels(), clusters.step() * clusters.step() / 4);
}

}  // namespace fovea
