#include "fovea/evaluation/explain_protocols.hpp"

#include <algorithm>
#include <limits>

#include "fovea/base/error.hpp"
#include "fovea/base/text.hpp"
#include "fovea/evaluation/coco_evaluation.hpp"

namespace fovea {

namespace {

/// A place on the way from voc07 to coco: its number, and the rule that leads to it, in both directions.
struct Station {
  const char *forward, *backward;
  double AP;
};

class Way {
 public:
  Way(const DetectionDataset& truth, const DetectionResults& results, VocOptions voc, const Threads& threads)
      : truth_(truth), results_(results), threads_(threads) {
    voc.interpolation = VocInterpolation::eleven_point;
    add("", "all-point to 11-point interpolation", voc);
    voc.interpolation = VocInterpolation::all_point;
    add("11-point to all-point interpolation", "boxes: as they are to inclusive pixels", voc);
    voc.pixels = PixelRule::continuous;
    add("boxes: inclusive pixels to as they are", "difficult objects: count to ignored", voc);
    voc.count_difficult = true;
    add("difficult objects: ignored to count", "101-point to all-point interpolation", voc);
    voc.interpolation = VocInterpolation::coco_point;
    add("all-point to 101-point interpolation", "matching: second choice and crowds to neither", voc);
    CocoOptions coco{.iou_thresholds = {voc.iou_threshold},
                     .max_detections = {std::numeric_limits<std::int64_t>::max()},
                     .use_categories = voc.use_categories};
    add("matching: a taken object leaves a second choice, crowds are ignored", "at most 100 detections per image and class to all", coco);
    coco.max_detections = {kCocoLimit};
    add("all detections to at most 100 per image and class", "IoU .50:.95 to one threshold", coco);
    coco.iou_thresholds = coco_iou_thresholds();
    add("IoU: one threshold to .50:.95", "", coco);
  }

  const std::vector<Station>& stations() const { return stations_; }

 private:
  static constexpr std::int64_t kCocoLimit = 100;

  void add(const char* forward, const char* backward, const VocOptions& options) {
    stations_.push_back({forward, backward, evaluate_voc(truth_, results_, options).mean_AP});
  }
  void add(const char* forward, const char* backward, const CocoOptions& options) {
    const double ap =
        evaluate_coco(truth_, results_, options, threads_).average_precision({.max_detections = options.max_detections.back()});
    stations_.push_back({forward, backward, ap});
  }

  const DetectionDataset& truth_;
  const DetectionResults& results_;
  const Threads& threads_;
  std::vector<Station> stations_;
};

/// Where a protocol stands on the way.
std::size_t station_of(const std::string& protocol, std::size_t last) {
  const std::vector<std::string> known = {"voc07", "voc12", "coco"};
  const auto found = std::find(known.begin(), known.end(), protocol);
  if (found == known.end()) throw OptionError(unknown_name_message("protocol", protocol, known));
  return protocol == "coco" ? last : static_cast<std::size_t>(found - known.begin());
}

}  // namespace

std::vector<ProtocolStep> explain_protocols(const DetectionDataset& truth, const DetectionResults& results, const std::string& from,
                                            const std::string& to, const VocOptions& voc, const Threads& threads) {
  const std::vector<Station> way = Way(truth, results, voc, threads).stations();
  const std::size_t begin = station_of(from, way.size() - 1), end = station_of(to, way.size() - 1);
  std::vector<ProtocolStep> steps = {{from, way[begin].AP}};
  for (std::size_t at = begin; at < end; ++at) steps.push_back({way[at + 1].forward, way[at + 1].AP});
  for (std::size_t at = begin; at > end; --at) steps.push_back({way[at - 1].backward, way[at - 1].AP});
  return steps;
}

}  // namespace fovea
