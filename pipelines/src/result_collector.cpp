#include "result_collector.hpp"

#include <fmt/ranges.h>

#include <algorithm>

#include "fovea/base/error.hpp"
#include "fovea/detection/evaluate_detector.hpp"

namespace fovea {

namespace {

/// The data's category of each of the model's classes; -1 for none.
std::vector<std::int32_t> matched_categories(const std::vector<std::string>& labels, const std::vector<std::string>& names,
                                             std::vector<std::string>& notes) {
  std::vector<std::int32_t> categories;
  std::vector<std::string> unknown;
  for (const std::string& label : labels) {
    const auto found = std::find(names.begin(), names.end(), label);
    categories.push_back(found == names.end() ? -1 : static_cast<std::int32_t>(found - names.begin()));
  }
  for (const std::string& name : names)
    if (std::find(labels.begin(), labels.end(), name) == labels.end()) unknown.push_back(name);
  if (unknown.size() == names.size())
    throw OptionError(
        fmt::format("the model knows none of the data's classes [{}]; it knows [{}]", fmt::join(names, ", "), fmt::join(labels, ", ")));
  if (!unknown.empty()) notes.push_back(fmt::format("classes of the data that the model does not know: {}", fmt::join(unknown, ", ")));
  const auto left = std::count(categories.begin(), categories.end(), -1);
  if (left > 0) notes.push_back(fmt::format("{} classes of the model are not in the data: what is found of them does not count", left));
  return categories;
}

}  // namespace

ResultCollector::ResultCollector(const std::vector<std::string>& labels, const std::vector<std::string>& names)
    : categories_(matched_categories(labels, names, results_.notes)) {}

void ResultCollector::add(const Detections& found) {
  for (const Detection& d : found)
    if (const std::int32_t category = categories_[static_cast<std::size_t>(d.index)]; category >= 0)
      results_.results.results.push_back({.image = image_, .category = category, .box = to_xywh(d.box), .score = d.score});
  ++image_;
}

}  // namespace fovea
