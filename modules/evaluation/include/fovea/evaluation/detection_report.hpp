// What `fovea evaluate-detections` writes and prints: every number with its protocol.
#pragma once

#include <string>

#include "fovea/base/json.hpp"
#include "fovea/evaluation/classification_metrics.hpp"
#include "fovea/evaluation/coco_evaluation.hpp"
#include "fovea/evaluation/voc_evaluation.hpp"

namespace fovea {

/// "COCO bbox, AP@[.50:.95], 101-point", "VOC 2007, AP@.50, 11-point": the protocol with what differs from its usual settings.
std::string protocol_name(const CocoEvaluation& evaluation);
std::string protocol_name(const VocEvaluation& evaluation);

/// AP, AP50, ..., AR_large; per_class (name -> AP, AP50, objects). The keys of recall carry the numbers of detections: AR1, AR10, AR100.
/// -1: not defined. `count`: images. Throws OptionError unless there are three numbers of detections.
Json to_json(const CocoEvaluation& evaluation, std::int64_t count, const EvaluationSubject& subject);
/// AP, iou_threshold, and AP50 when the threshold is 0.5; per_class (name -> AP, AP50, objects).
Json to_json(const VocEvaluation& evaluation, std::int64_t count, const EvaluationSubject& subject);

/// The same for people. Numbers are printed so that they read back to the same bits.
std::string to_table(const CocoEvaluation& evaluation);
std::string to_table(const VocEvaluation& evaluation);

}  // namespace fovea
