// Pascal VOC's protocol for boxes: Everingham et al., "The Pascal Visual Object Classes challenge", IJCV 2010, section 4.2, and the devkits
// of 2007 (11 points) and 2010 to 2012 (all points).
//
// Within a class, detections are taken by falling score (equal scores: images by rising id, then the file's order). Each looks at the
// object that it overlaps most, the first of equally good ones, even if that is taken: then it is false (COCO gives it a second choice).
// What finds a difficult object counts neither for nor against, and difficult objects are not missed.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "fovea/data/detection_dataset.hpp"

namespace fovea {

enum class VocInterpolation {
  eleven_point,  ///< 2007: mean of the highest precision at recall >= 0, 0.1, ..., 1
  all_point,     ///< 2010 and later: area under the envelope
  coco_point,    ///< the 101 levels of COCO, to compare protocols
};

/// The levels of recall of eleven_point. They differ where a recall is exactly 0.3, 0.6 or 0.7.
enum class ElevenLevels {
  multiples,  ///< i * 0.1, as most tools compute them: 0.3, 0.6 and 0.7 lie one unit in the last place above the decimal, and are missed
  decimals,   ///< i / 10
};

/// How boxes of files that do not say so are measured; see PixelConvention.
enum class PixelRule {
  stated,      ///< as the format says; inclusively where it does not, as VOC does
  inclusive,   ///< all as first and last pixel: widths are x2 - x1 + 1
  continuous,  ///< all as they are
};

struct VocOptions {
  VocInterpolation interpolation = VocInterpolation::all_point;
  ElevenLevels levels = ElevenLevels::multiples;
  double iou_threshold = 0.5;    ///< any from 0 to 1
  bool strictly_above = false;   ///< IoU > threshold, as some tools have it; the devkit's is >=
  bool count_difficult = false;  ///< as ordinary objects
  bool use_categories = true;
  PixelRule pixels = PixelRule::stated;
};

/// After each detection, by falling score. Ignored detections do not appear.
struct PrecisionRecallCurve {
  std::vector<double> score, recall, precision;
  std::vector<double> envelope;  ///< the highest precision at this or more recall
};

struct VocClass {
  DetectionCategory category;
  std::int64_t objects = 0;  ///< that count
  double AP = -1;            ///< -1 without objects
  PrecisionRecallCurve curve;
};

struct VocEvaluation {
  VocOptions options;
  std::vector<VocClass> classes;  ///< by rising id
  double mean_AP = -1;            ///< over the classes that have objects
};

/// Throws OptionError for a threshold outside [0, 1], indices outside `truth`, and a score that is NaN.
VocEvaluation evaluate_voc(const DetectionDataset& truth, const DetectionResults& results, const VocOptions& options = {});

/// Average precision of a curve whose recall rises.
double average_precision(const PrecisionRecallCurve& curve, VocInterpolation interpolation, ElevenLevels levels = ElevenLevels::multiples);

}  // namespace fovea
