// Where objects might be, whatever they are: what a region classifier looks at.
#pragma once

#include <opencv2/core/mat.hpp>
#include <vector>

#include "fovea/vision/box.hpp"

namespace fovea {

struct Proposal {
  Box box;           ///< pixels of the image, inside it
  double score = 0;  ///< in (0, 1], comparable within one image only
  cv::Mat segment;   ///< CV_8U of the box's size, 255 on the object; empty where the source has none or was not asked for it
};

/// From an image to boxes.
class ProposalSource {
 public:
  virtual ~ProposalSource() = default;
  /// The proposals for one image (8-bit BGR or grey), best first, no box twice. Equal images get equal proposals, for any number of
  /// threads. May be called from several threads at a time. Throws ShapeError for other images.
  virtual std::vector<Proposal> propose(const cv::Mat& image) const = 0;
};

}  // namespace fovea
