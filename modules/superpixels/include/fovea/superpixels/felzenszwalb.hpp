// Graph-based segmentation: regions grow along the image's weakest edges for as long as an edge is no stronger than the regions' own.
// Source: Felzenszwalb and Huttenlocher, "Efficient graph-based image segmentation", IJCV 59(2), 2004.
#pragma once

#include <cstdint>
#include <memory>
#include <opencv2/core/mat.hpp>

#include "fovea/base/parallel.hpp"
#include "fovea/superpixels/region_map.hpp"

namespace fovea {

/// How an image becomes a graph (section 4): pixels are vertices, neighbouring pixels are joined by an edge that weighs what their colours
/// differ by. Colours are taken on the scale of 8-bit values: 16-bit unsigned images count as v / 257, all others as they are.
struct PixelGraphOptions {
  enum class Distance : std::uint8_t {
    euclidean,  ///< of the colours, as published
    squared,    ///< its square, as some lecture notes have it
  };
  double sigma = 0.8;  ///< pixels; of the Gaussian that smooths the image before (radius ceil(4 sigma), border pixels repeated); 0: none
  int neighbours = 8;  ///< 4 or 8
  Distance distance = Distance::euclidean;
};

struct FelzenszwalbOptions {
  double scale = 200;          ///< k: larger values prefer larger regions; the weight that one pixel's region may still be joined over
  std::int64_t min_size = 50;  ///< pixels; smaller regions are joined to a neighbour at the end; 1: none is
  PixelGraphOptions graph;
};

/// As pseudocode in lecture notes has it: squared distances, 4 neighbours, no smoothing, no minimum size.
FelzenszwalbOptions lecture_felzenszwalb(double scale);

/// The partition of an image, of any number of channels, depth and shape:
///
///   every pixel is a region C with Int(C) = 0
///   for every edge, by weight w, equal weights by index:
///     if its pixels are in two regions and w <= min(Int(A) + k / |A|, Int(B) + k / |B|): join them, Int = w
///   for every edge in the same order: join its regions if they are two and one has less than min_size pixels
///
/// Edge index: pixels in scan order, of each the edges to the right, lower left, below, lower right (4 neighbours: right, below). Weights
/// and thresholds are f32. The result is exactly that of the sequential algorithm, for any number of threads.
///
/// Memory for 3 channels: at most 55 bytes a pixel at the peak, the image (3) and the result (4) included.
///
/// Throws ShapeError for an empty image and for more than 2^30 pixels; OptionError for values that are not finite, a scale or sigma below
/// 0, a sigma above 100, a minimum size below 1, neighbours other than 4 and 8.
RegionMap felzenszwalb(const cv::Mat& image, const FelzenszwalbOptions& options = {}, const Threads& threads = Threads());

/// The graph of one image, with its edges in order: partitions at several scales share what they have in common, which is most of the work.
/// Takes 32 bytes a pixel (16 with 4 neighbours). Throws as felzenszwalb() does.
class PixelGraph {
 public:
  explicit PixelGraph(const cv::Mat& image, const PixelGraphOptions& options = {}, const Threads& threads = Threads());
  ~PixelGraph();
  PixelGraph(PixelGraph&&) noexcept;
  PixelGraph& operator=(PixelGraph&&) noexcept;

  /// What felzenszwalb() gives. May be called from several threads at a time.
  RegionMap partition(double scale, std::int64_t min_size) const;

 private:
  struct Edges;
  std::unique_ptr<Edges> edges_;
};

}  // namespace fovea
