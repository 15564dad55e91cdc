#include "fovea/data/data_source.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <utility>

#include "fovea/base/error.hpp"
#include "fovea/base/text.hpp"
#include "fovea/data/class_csv.hpp"
#include "fovea/data/idx.hpp"
#include "fovea/data/image_folder.hpp"
#include "fovea/data/label_names.hpp"
#include "fovea/data/splits.hpp"

namespace fovea {

namespace {

constexpr std::int64_t kTwelfth = 12;

std::vector<std::int64_t> labels_of(const ClassificationDataset& dataset) {
  std::vector<std::int64_t> labels(static_cast<std::size_t>(dataset.size()));
  for (std::size_t i = 0; i < labels.size(); ++i) labels[i] = dataset.label(static_cast<std::int64_t>(i));
  return labels;
}

/// Null instead of an empty split.
ClassificationDatasetPtr subset_or_none(const ClassificationDatasetPtr& dataset, std::vector<std::int64_t> indices) {
  return indices.empty() ? nullptr : subset(dataset, std::move(indices));
}

std::int64_t count_of(const ClassificationDatasetPtr& dataset) { return dataset == nullptr ? 0 : dataset->size(); }

void split_whole(ClassificationData& data, const ClassificationDatasetPtr& whole, std::uint64_t seed) {
  ThreeWaySplit split = stratified_tenths(labels_of(*whole), seed);
  data.train = subset_or_none(whole, std::move(split.train));
  data.val = subset_or_none(whole, std::move(split.val));
  data.test = subset_or_none(whole, std::move(split.test));
  data.notes.push_back(fmt::format("{} has no splits: seeded stratified 80/10/10 of {} images (seed {}): train {}, val {}, test {}",
                                   data.source, whole->size(), seed, count_of(data.train), count_of(data.val), count_of(data.test)));
}

void split_train(ClassificationData& data, std::uint64_t seed) {
  const std::int64_t all = data.train->size();
  Holdout val = stratified_holdout(labels_of(*data.train), kTwelfth, seed, kValidationPurpose);
  data.val = subset_or_none(data.train, std::move(val.held_out));
  data.train = subset(data.train, std::move(val.kept));
  data.notes.push_back(fmt::format("val: seeded stratified twelfth of train ({} of {}, seed {}); train: the other {}", count_of(data.val),
                                   all, seed, data.train->size()));
}

/// Where a scheme's splits come from.
void open_idx(ClassificationData& data, const std::filesystem::path& path, const std::vector<std::string>& names, std::uint64_t seed) {
  IdxFolder folder = open_idx_folder(path, names);
  data.train = std::move(folder.train);
  data.test = std::move(folder.test);
  if (data.train != nullptr) split_train(data, seed);
}

void take_splits(ClassificationData& data, ImageFolder folder, std::uint64_t seed) {
  data.train = std::move(folder.train);
  data.val = std::move(folder.val);
  data.test = std::move(folder.test);
  if (folder.whole != nullptr)
    split_whole(data, folder.whole, seed);
  else if (data.train != nullptr && data.val == nullptr)
    split_train(data, seed);
}

void open_folder(ClassificationData& data, const std::filesystem::path& path, const std::vector<std::string>& names, std::uint64_t seed) {
  take_splits(data, open_image_folder(path, names), seed);
}

void open_csv(ClassificationData& data, const std::filesystem::path& path, const std::vector<std::string>& names, std::uint64_t seed) {
  take_splits(data, open_class_csv(path, names), seed);
}

struct Scheme {
  const char* name;
  void (*open)(ClassificationData&, const std::filesystem::path&, const std::vector<std::string>& names, std::uint64_t seed);
};
constexpr Scheme kSchemes[] = {{"idx", open_idx}, {"folder", open_folder}, {"csv", open_csv}};

/// The splits that are there, in their usual order.
std::vector<NamedSplit> present_splits(const ClassificationData& data) {
  std::vector<NamedSplit> splits = {{"train", data.train}, {"val", data.val}, {"test", data.test}};
  std::erase_if(splits, [](const NamedSplit& split) { return split.dataset == nullptr; });
  return splits;
}

NamedSplit find_split(const ClassificationData& data, const std::string& name) {
  std::vector<std::string> present;
  for (const NamedSplit& split : present_splits(data)) {
    if (split.name == name) return split;
    present.push_back(split.name);
  }
  throw OptionError(fmt::format("{} has no {} split; it has {}", data.source, name, fmt::join(present, ", ")));
}

}  // namespace

DataSource parse_data_source(const std::string& text, const std::vector<std::string>& schemes) {
  const std::size_t colon = text.find(':');
  if (colon == std::string::npos) {
    std::vector<std::string> forms;
    for (const std::string& scheme : schemes) forms.push_back(fmt::format("{}:{}", scheme, text));
    throw OptionError(fmt::format("\"{}\" does not say what kind of data it is: write {}", text, fmt::join(forms, " or ")));
  }
  const std::string scheme = text.substr(0, colon), path = text.substr(colon + 1);
  if (std::find(schemes.begin(), schemes.end(), scheme) == schemes.end())
    throw OptionError(fmt::format("\"{}\": {}", text, unknown_name_message("data scheme", scheme, schemes)));
  if (path.empty()) throw OptionError(fmt::format("\"{}\": expected a path after the colon", text));
  return {scheme, path};
}

std::string scheme_of(const std::string& source) { return source.substr(0, source.find(':')); }
std::filesystem::path path_of(const std::string& source) { return source.substr(source.find(':') + 1); }

const ClassificationDataset& ClassificationData::require(const std::string& split) const { return *find_split(*this, split).dataset; }

ClassificationData open_classification_data(const std::string& source, const ClassificationDataOptions& options) {
  std::vector<std::string> known;
  for (const Scheme& scheme : kSchemes) known.emplace_back(scheme.name);
  const DataSource parsed = parse_data_source(source, known);
  const Scheme& scheme = *std::find_if(std::begin(kSchemes), std::end(kSchemes), [&](const Scheme& s) { return parsed.scheme == s.name; });

  ClassificationData data;
  data.source = source;
  const bool from_file = options.names.empty() && !options.names_file.empty();
  scheme.open(data, parsed.path, from_file ? read_label_names(options.names_file) : options.names, options.seed);
  data.labels = present_splits(data).front().dataset->labels();
  return data;
}

NamedSplit resolve_split(const ClassificationData& data, const std::string& name) {
  const std::vector<std::string> known = {"train", "val", "test", "all"};
  if (!name.empty() && std::find(known.begin(), known.end(), name) == known.end())
    throw OptionError(unknown_name_message("split", name, known));
  if (name.empty() && data.test != nullptr) return {"test", data.test};
  if (name.empty() && data.val != nullptr) return {"val", data.val};
  if (!name.empty() && name != "all") return find_split(data, name);
  std::vector<ClassificationDatasetPtr> parts;
  for (const NamedSplit& split : present_splits(data)) parts.push_back(split.dataset);
  return {"all", concatenation(std::move(parts))};
}

}  // namespace fovea
