// Selective search: regions of several segmentations, grouped bottom-up in several ways; every region on the way is a proposal.
// Source: Uijlings, van de Sande, Gevers and Smeulders, "Selective search for object recognition", IJCV 104(2), 2013.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "fovea/base/parallel.hpp"
#include "fovea/proposals/colour_space.hpp"
#include "fovea/proposals/proposal_source.hpp"

namespace fovea {

/// Which similarities (section 3.2) are added up when regions are grouped.
struct Similarity {
  bool colour = false, texture = false, size = false, fill = false;
  bool operator==(const Similarity&) const = default;
};

struct SelectiveSearchOptions {
  std::vector<ColourSpace> spaces = {ColourSpace::hsv, ColourSpace::lab};
  std::vector<double> scales = {50, 100};  ///< k of the first segmentation, which is also its minimum size in pixels
  std::vector<Similarity> similarities = {{true, true, true, true}, {false, true, true, true}};
  double sigma = 0.8;  ///< of the first segmentation
  /// Boxes that are narrower or lower are left out, but never boxes with a tenth of the image's shorter side (small images have small
  /// objects). 20 is the authors' choice for photographs; 0 keeps all.
  double min_side = 20;
  std::int64_t max_boxes = 0;  ///< 0: all
  bool segments = false;       ///< fill Proposal::segment
  std::uint64_t seed = 0;      ///< of the ranking
};

/// The paper's table 5: "single" (1 strategy: HSV, k = 100, all four similarities), "fast" (8: HSV and Lab, k = 50, 100, with and without
/// colour), "quality" (80: HSV, Lab, rgI, H, I; k = 50, 100, 150, 300; all four, without colour, fill alone, size alone).
/// Throws OptionError listing the names.
SelectiveSearchOptions selective_search_preset(const std::string& name);

/// Every strategy (colour space, scale, similarity) segments the image in its space (Felzenszwalb-Huttenlocher, 8 neighbours) and joins the
/// two most similar neighbouring regions until one is left. Similarities, each in [0, 1]:
///
///   colour   sum of min(c_i, c_j) over normalised histograms, 25 bins a channel
///   texture  the same over Gaussian derivatives (sigma 1) in 8 directions, 10 bins each, a channel; the largest response of a channel in
///   the image
///            ends the last bin
///   size     1 - (|a| + |b|) / |image|
///   fill     1 - (|box around both| - |a| - |b|) / |image|
///
/// Colour and texture are divided by the number of channels. Histograms of a union are the weighted means of its parts'. Equal
/// similarities: the pair of the earlier regions. Regions are ranked by i RND (section 3.4), i their place in the hierarchy counted from
/// the whole image (1) and RND uniform in [0, 1) from (seed, strategy, i); of equal boxes the best ranked stays. The score is 1 / (1 + i
/// RND).
///
/// Cost of one strategy: O(E log E) for E pairs of regions that are neighbours at some time. Memory: one colour space at a time, about
/// 75 bytes a pixel for three channels and 24 more for every scale.
class SelectiveSearch final : public ProposalSource {
 public:
  /// `threads` is what all calls of propose() share. Throws OptionError for empty lists, scales and sizes that are negative or not finite,
  /// and a similarity of nothing.
  explicit SelectiveSearch(SelectiveSearchOptions options = {}, std::shared_ptr<const Threads> threads = nullptr);
  std::vector<Proposal> propose(const cv::Mat& image) const override;

 private:
  SelectiveSearchOptions options_;
  std::shared_ptr<const Threads> threads_;
};

}  // namespace fovea
