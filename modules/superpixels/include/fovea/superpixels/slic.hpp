// Superpixels of about equal size: k-means in colour and place, each centre looking only at its surroundings.
// Source: Achanta et al., "SLIC superpixels compared to state-of-the-art superpixel methods", TPAMI 34(11), 2012.
#pragma once

#include <cstdint>
#include <opencv2/core/mat.hpp>

#include "fovea/base/parallel.hpp"
#include "fovea/superpixels/region_map.hpp"

namespace fovea {

struct SlicOptions {
  std::int64_t segments = 400;  ///< K: centres to start from; the result has about as many regions
  double compactness = 10;      ///< m: how much place counts against colour; colours are CIELAB with L from 0 to 100
  bool zero_parameter = false;  ///< SLICO: m is found per centre; `compactness` is not used
  int iterations = 10;
};

/// Centres start on a grid of about S x S pixels, S = sqrt(W H / K), each moved to the place of lowest gradient among 3x3. Then,
/// `iterations` times, every pixel goes to the centre with the least
///
///   d = |lab - lab_k| + (m / S) |xy - xy_k|                  (equal ones: the centre that comes first)
///
/// among those that it is within S of along both axes, and every centre moves to the mean of its pixels. With `zero_parameter` (the
/// authors' SLICO) d = |lab - lab_k| / c_k + |xy - xy_k| / S, where c_k is the largest colour distance in cluster k in the iteration
/// before, 10 in the first. At the end the largest connected piece (4 neighbours) of a cluster stays; the others, and pieces below S^2 / 4
/// pixels, are joined to the region next to them that they share the longest border with (equal ones: the first): every region is
/// connected.
///
/// Images of three channels count as BGR and of one as grey (L alone), on the scale of felzenszwalb(); of others, all channels are compared
/// as they are. The same result for any number of threads.
/// Throws ShapeError for an empty image; OptionError for values that are not finite, fewer than 1 segments or iterations, a negative
/// compactness.
RegionMap slic(const cv::Mat& image, const SlicOptions& options = {}, const Threads& threads = Threads());

}  // namespace fovea
