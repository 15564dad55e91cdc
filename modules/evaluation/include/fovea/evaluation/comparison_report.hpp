// What `fovea evaluate-detections` adds to its table when it is asked for more, as text and as JSON. Every AP names its protocol.
#pragma once

#include <string>
#include <vector>

#include "fovea/base/json.hpp"
#include "fovea/evaluation/bootstrap.hpp"
#include "fovea/evaluation/detection_errors.hpp"
#include "fovea/evaluation/explain_protocols.hpp"
#include "fovea/evaluation/operating_point.hpp"
#include "fovea/evaluation/tie_report.hpp"

namespace fovea {

Json to_json(const std::vector<ProtocolStep>& steps);
Json to_json(const TieReport& report);
Json to_json(const DetectionErrorReport& report);
Json to_json(const BootstrapInterval& interval);
Json to_json(const PairedComparison& comparison);
Json to_json(const DetectionConfusion& confusion);

std::string to_text(const std::vector<ProtocolStep>& steps);
std::string to_text(const TieReport& report);
std::string to_text(const DetectionErrorReport& report);
std::string to_text(const BootstrapInterval& interval);
std::string to_text(const PairedComparison& comparison);
std::string to_text(const DetectionConfusion& confusion);

}  // namespace fovea
