#include <fmt/format.h>

#include <unordered_map>

#include "doctor/checks.hpp"

namespace fovea::doctor {

namespace {

void check_file(const InspectedSplit& split, std::size_t index, DataFinding finding, Findings& findings) {
  const InspectedImage& image = split.images[index];
  if (!image.problem.empty()) {
    finding.kind = image.file.empty() ? FindingKind::missing_image : FindingKind::unreadable_image;
    finding.message = image.problem;
    findings.push_back(std::move(finding));
    return;
  }
  if (index >= split.boxes.images.size()) return;
  const DetectionImage& said = split.boxes.images[index];
  const cv::Size size(static_cast<int>(said.width), static_cast<int>(said.height));
  if (size.empty() || image.size.empty() || size == image.size) return;  // a size that nobody states cannot be wrong
  finding.kind = FindingKind::size_mismatch;
  finding.message = fmt::format("expected {}x{} pixels as its annotations say, found {}x{}", size.width, size.height, image.size.width,
                                image.size.height);
  if (size == cv::Size(image.size.height, image.size.width)) finding.message += ": the picture is turned, perhaps by its EXIF orientation";
  findings.push_back(std::move(finding));
}

}  // namespace

void check_image_files(const Inspection& data, const DoctorOptions&, Findings& findings) {
  for_each_split(data, [&](std::int32_t s, const InspectedSplit& split) {
    std::unordered_map<std::string, std::int32_t> seen;
    for (std::size_t i = 0; i < split.images.size(); ++i) {
      const DataFinding finding{.file = split.images[i].name, .place = {s, static_cast<std::int32_t>(i)}};
      if (data.looked_at_images) check_file(split, i, finding, findings);
      const auto [first, is_new] = seen.emplace(identity_of(split.images[i]), static_cast<std::int32_t>(i));
      if (is_new || !data.has_boxes()) continue;
      DataFinding again = finding;
      again.kind = FindingKind::duplicate_image;
      again.message = fmt::format("expected every image once, found it as entries {} and {}", first->second + 1, i + 1);
      again.other = {s, first->second};
      findings.push_back(std::move(again));
    }
  });
}

}  // namespace fovea::doctor
