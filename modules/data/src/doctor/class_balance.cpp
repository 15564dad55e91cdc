#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "doctor/checks.hpp"

namespace fovea::doctor {

namespace {

/// How many objects (or images) of each class there are: in all splits, and in each.
struct ClassCounts {
  std::vector<std::string> names;  ///< in the order in which the splits have them
  std::vector<std::int64_t> total;
  std::vector<std::vector<std::int64_t>> by_split;  ///< [split][class]
};

ClassCounts count_classes(const Inspection& data) {
  ClassCounts counts;
  const auto place_of = [&](const std::string& name) {
    const auto place = static_cast<std::size_t>(std::find(counts.names.begin(), counts.names.end(), name) - counts.names.begin());
    if (place == counts.names.size()) counts.names.push_back(name);
    return place;
  };
  for (const std::string& label : data.labels) place_of(label);
  for (const InspectedSplit& split : data.splits)
    for (const DetectionCategory& category : split.boxes.categories) place_of(category.name);
  counts.total.resize(counts.names.size());
  for (const InspectedSplit& split : data.splits) {
    std::vector<std::int64_t>& of_split = counts.by_split.emplace_back(counts.names.size());
    std::vector<std::size_t> places;
    for (const DetectionCategory& category : split.boxes.categories) places.push_back(place_of(category.name));
    for (const DetectionAnnotation& annotation : split.boxes.annotations) ++of_split[places[static_cast<std::size_t>(annotation.category)]];
    for (const InspectedImage& image : split.images)
      if (image.label >= 0) ++of_split[static_cast<std::size_t>(image.label)];
    for (std::size_t c = 0; c < of_split.size(); ++c) counts.total[c] += of_split[c];
  }
  return counts;
}

std::vector<std::string> unused_classes(const ClassCounts& counts) {
  std::vector<std::string> unused;
  for (std::size_t c = 0; c < counts.names.size(); ++c)
    if (counts.total[c] == 0) unused.push_back(counts.names[c]);
  return unused;
}

// Buda et al., "A systematic study of the class imbalance problem in convolutional neural networks", 2018, section 2: the quotient of the
// largest and the smallest class.
void check_quotient(const ClassCounts& counts, double at_most, Findings& findings) {
  std::size_t most = 0, least = 0;
  std::vector<std::string> rare;
  for (std::size_t c = 0; c < counts.total.size(); ++c) {
    if (counts.total[c] > counts.total[most]) most = c;
    if (counts.total[c] > 0 && (counts.total[least] == 0 || counts.total[c] < counts.total[least])) least = c;
  }
  if (counts.total.empty() || counts.total[most] == 0) return;
  const auto largest = static_cast<double>(counts.total[most]), quotient = largest / static_cast<double>(counts.total[least]);
  if (quotient <= at_most) return;
  for (std::size_t c = 0; c < counts.total.size(); ++c)
    if (counts.total[c] > 0 && largest / static_cast<double>(counts.total[c]) > at_most) rare.push_back(counts.names[c]);
  findings.push_back(
      {.kind = FindingKind::class_imbalance,
       .message = fmt::format("expected at most {:.6g} times as many of one class as of another, found {:.3g}: {} {}, {} {}; "
                              "{} classes are that rare: {}",
                              at_most, quotient, counts.total[most], counts.names[most], counts.total[least], counts.names[least],
                              rare.size(), fmt::join(rare, ", "))});
}

void check_training_classes(const Inspection& data, const ClassCounts& counts, Findings& findings) {
  const auto train =
      std::find_if(data.splits.begin(), data.splits.end(), [](const InspectedSplit& split) { return split.name == "train"; });
  if (train == data.splits.end()) return;
  const std::vector<std::int64_t>& trained = counts.by_split[static_cast<std::size_t>(train - data.splits.begin())];
  for (std::size_t c = 0; c < counts.names.size(); ++c)
    if (trained[c] == 0 && counts.total[c] > 0)
      findings.push_back(
          {.kind = FindingKind::class_missing_in_train,
           .message = fmt::format("expected {} in train, found {} in the other splits only", counts.names[c], counts.total[c])});
}

}  // namespace

void check_class_balance(const Inspection& data, const DoctorOptions& options, Findings& findings) {
  const ClassCounts counts = count_classes(data);
  check_quotient(counts, options.imbalance, findings);
  check_training_classes(data, counts, findings);
  if (!data.has_boxes()) return;  // class folders without images have a kind of their own
  if (const std::vector<std::string> unused = unused_classes(counts); !unused.empty())
    findings.push_back({.kind = FindingKind::unused_class,
                        .message = fmt::format("expected something of every class, found nothing of {} of {}: {}", unused.size(),
                                               counts.names.size(), fmt::join(unused, ", "))});
}

}  // namespace fovea::doctor
