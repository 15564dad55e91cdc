// What `fovea doctor` says, for people, for programs, and as a page with pictures.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "fovea/base/json.hpp"
#include "fovea/data/doctor.hpp"

namespace fovea {

/// What write_repaired has done; nothing when `folder` is empty.
struct RepairReport {
  std::string folder;
  std::vector<std::string> changes;
};

/// The splits; findings by kind with their number, the first `lines` of each in full; the changes.
std::string to_text(const Inspection& data, const RepairReport& repair, std::int64_t lines);

/// {"protocol": "doctor", "data", "splits": [{name, images, objects}], "errors", "warnings", "counts" (kind -> number),
/// "findings": [{kind, severity, split, file, annotation (its id), other, message}], "notes", "fixed": {folder, changes}, "fovea_version"};
/// keys that say nothing are left out of a finding.
Json to_json(const Inspection& data, const RepairReport& repair, const std::vector<std::string>& sources);

/// One HTML file: the same, with pictures of the first `pictures` findings of every kind that has some, boxes drawn in.
std::string to_page(const Inspection& data, const RepairReport& repair, const std::vector<std::string>& sources, std::int64_t pictures);

}  // namespace fovea
