#include <fmt/format.h>

#include <algorithm>

#include "doctor/checks.hpp"
#include "doctor/open_splits.hpp"
#include "fovea/base/error.hpp"
#include "fovea/vision/perceptual_hash.hpp"

namespace fovea {

namespace {

using Check = void (*)(const Inspection&, const DoctorOptions&, doctor::Findings&);
constexpr Check kChecks[] = {
    doctor::check_image_files,           doctor::check_boxes,           doctor::check_tiny_objects,
    doctor::check_duplicate_annotations, doctor::check_near_duplicates, doctor::check_class_balance,
};

void look_at_image(const InspectedSplit& split, std::size_t index, InspectedImage& image) {
  if (!image.problem.empty()) return;
  try {
    const cv::Mat picture = split.load(index);
    image.size = picture.size();
    image.hash = perceptual_hash(picture);
  } catch (const FileError& error) {
    image.problem = error.reason();
  }
}

void look_at_images(Inspection& data, const Threads& threads) {
  for (InspectedSplit& split : data.splits)
    parallel_blocks(threads, static_cast<std::int64_t>(split.images.size()), [&](std::int64_t index) {
      const auto i = static_cast<std::size_t>(index);
      look_at_image(split, i, split.images[i]);
    });
  std::int64_t unhashed = 0;
  for (const InspectedSplit& split : data.splits)
    unhashed += std::count_if(split.images.begin(), split.images.end(),
                              [](const InspectedImage& image) { return image.problem.empty() && !image.hash; });
  if (unhashed > 0)
    data.notes.push_back(fmt::format("{} images have a side below 32 pixels or no structure: not compared with others", unhashed));
}

void require_options(const DoctorOptions& options) {
  if (!(options.tiny >= 0))
    throw OptionError(fmt::format("[doctor] expected a side of tiny objects from 0 pixels on, found {}", options.tiny));
  if (!(options.imbalance >= 1))
    throw OptionError(fmt::format("[doctor] expected a quotient of classes from 1 on, found {}", options.imbalance));
}

}  // namespace

std::int64_t Inspection::count(Severity severity) const {
  return std::count_if(findings.begin(), findings.end(),
                       [&](const DataFinding& finding) { return info_of(finding.kind).severity == severity; });
}

Inspection inspect_data(const std::vector<std::string>& sources, const DoctorOptions& options, const Threads& threads) {
  require_options(options);
  Inspection data = doctor::open_splits(sources, options);
  if (data.looked_at_images) look_at_images(data, threads);
  doctor::Findings findings = std::move(data.findings);
  for (const Check check : kChecks) check(data, options, findings);
  std::stable_sort(findings.begin(), findings.end(), [](const DataFinding& a, const DataFinding& b) { return a.kind < b.kind; });
  data.findings = std::move(findings);
  return data;
}

}  // namespace fovea
