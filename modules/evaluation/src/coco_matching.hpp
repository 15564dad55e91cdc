// COCO's matching: which detections count for, against, or not at all.
#pragma once

#include <cstdint>
#include <vector>

#include "detection_groups.hpp"
#include "detection_overlap.hpp"
#include "fovea/base/parallel.hpp"

namespace fovea {

inline constexpr std::uint32_t kNoPartner = UINT32_MAX;
enum class KeepPartners : bool { no, yes };

/// The outcome of every detection at every threshold and range of areas, in the order in which precision and recall take them.
struct CocoMatches {
  std::size_t results = 0;                ///< that were kept
  std::vector<std::size_t> first_result;  ///< of each class, and the end
  std::vector<std::uint32_t> order;       ///< of each class by falling score, then image, then place in the image: indices of results
  std::vector<std::uint32_t> rank;        ///< of each in its image and class
  std::vector<Outcome> outcomes;          ///< [A, T, results]
  std::vector<std::uint32_t> partners;    ///< the same for the annotation that each has found, or kNoPartner; only when asked for
  std::vector<std::int64_t> objects;      ///< [K, A]: that are not ignored

  /// Those of all results at one threshold.
  const Outcome* at(std::size_t area, std::size_t threshold, std::size_t thresholds) const {
    return outcomes.data() + (area * thresholds + threshold) * results;
  }
};

CocoMatches match_coco(const DetectionDataset& truth, const DetectionResults& results, const DetectionGroups& groups,
                       const DetectionOverlap& overlap, const CocoOptions& options, const Threads& threads,
                       KeepPartners keep = KeepPartners::no);

}  // namespace fovea
