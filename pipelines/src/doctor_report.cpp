#include "fovea/pipelines/doctor_report.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "fovea/base/version.hpp"

namespace fovea {

namespace {

const char* word_of(Severity severity) { return severity == Severity::error ? "error" : "warning"; }

std::string numbered(std::int64_t count, const char* word) { return fmt::format("{} {}{}", count, word, count == 1 ? "" : "s"); }

std::string shown_split(const Inspection& data, const InspectedSplit& split) {
  const std::string images = fmt::format("{}: {}", split.name, numbered(static_cast<std::int64_t>(split.images.size()), "image"));
  if (!data.has_boxes()) return images;
  return fmt::format("{}, {}", images, numbered(static_cast<std::int64_t>(split.boxes.annotations.size()), "object"));
}

/// "train/a.jpg: message": the split only where there are several.
std::string shown_finding(const Inspection& data, const DataFinding& finding) {
  std::string line;
  if (finding.place.split >= 0 && data.splits.size() > 1) line = data.splits[static_cast<std::size_t>(finding.place.split)].name + ": ";
  if (!finding.file.empty()) line += finding.file + ": ";
  return line + finding.message;
}

}  // namespace

std::string to_text(const Inspection& data, const RepairReport& repair, std::int64_t lines) {
  std::string text;
  for (const InspectedSplit& split : data.splits) text += shown_split(data, split) + "\n";
  text += fmt::format("{}, {}\n", numbered(data.count(Severity::error), "error"), numbered(data.count(Severity::warning), "warning"));
  for (const FindingKindInfo& kind : finding_kinds()) {
    std::vector<const DataFinding*> found;
    for (const DataFinding& finding : data.findings)
      if (finding.kind == kind.kind) found.push_back(&finding);
    if (found.empty()) continue;
    text += fmt::format("\n{} {}: {} ({})\n", found.size(), kind.name, kind.meaning, word_of(kind.severity));
    const auto shown = std::min(found.size(), static_cast<std::size_t>(lines));
    for (std::size_t i = 0; i < shown; ++i) text += "  " + shown_finding(data, *found[i]) + "\n";
    if (shown < found.size()) text += fmt::format("  and {} more\n", found.size() - shown);
  }
  if (repair.folder.empty()) return text;
  text += fmt::format("\n{} in the copy {}\n", numbered(static_cast<std::int64_t>(repair.changes.size()), "change"), repair.folder);
  for (const std::string& change : repair.changes) text += "  " + change + "\n";
  return text;
}

Json to_json(const Inspection& data, const RepairReport& repair, const std::vector<std::string>& sources) {
  const auto split_at = [&](ImagePlace place) -> const InspectedSplit& { return data.splits[static_cast<std::size_t>(place.split)]; };
  Json splits = Json::array(), counts = Json::object(), findings = Json::array();
  for (const InspectedSplit& split : data.splits) {
    splits.push_back({{"name", split.name}, {"images", split.images.size()}});
    if (data.has_boxes()) splits.back()["objects"] = split.boxes.annotations.size();
  }
  for (const DataFinding& finding : data.findings) {
    const FindingKindInfo& kind = info_of(finding.kind);
    counts[kind.name] = counts.value(kind.name, 0) + 1;
    Json item = {{"kind", kind.name}, {"severity", word_of(kind.severity)}};
    if (finding.place.split >= 0) item["split"] = split_at(finding.place).name;
    if (!finding.file.empty()) item["file"] = finding.file;
    if (finding.annotation >= 0)
      item["annotation"] = split_at(finding.place).boxes.annotations[static_cast<std::size_t>(finding.annotation)].id;
    if (finding.other.split >= 0)
      item["other"] = {{"split", split_at(finding.other).name},
                       {"file", split_at(finding.other).images[static_cast<std::size_t>(finding.other.image)].name}};
    item["message"] = finding.message;
    findings.push_back(std::move(item));
  }
  Json json = {{"protocol", "doctor"},
               {"data", fmt::format("{}", fmt::join(sources, ","))},
               {"splits", splits},
               {"errors", data.count(Severity::error)},
               {"warnings", data.count(Severity::warning)},
               {"counts", counts},
               {"findings", findings},
               {"notes", data.notes}};
  if (!repair.folder.empty()) json["fixed"] = {{"folder", repair.folder}, {"changes", repair.changes}};
  json["fovea_version"] = version();
  return json;
}

}  // namespace fovea
