#include "fovea/interchange/model_file.hpp"

#include <fmt/ranges.h>

#include <charconv>
#include <nlohmann/json.hpp>
#include <unordered_map>
#include <utility>

#include "fovea/base/error.hpp"
#include "fovea/base/json.hpp"
#include "fovea/base/text.hpp"
#include "fovea/base/version.hpp"

namespace fovea {

namespace {

constexpr const char* kFormatVersion = "fovea.format_version";
constexpr const char* kVersion = "fovea.version";
constexpr const char* kTask = "fovea.task";
constexpr const char* kArchitecture = "fovea.architecture";
constexpr const char* kLabels = "fovea.labels";
constexpr const char* kPreprocessing = "fovea.preprocessing";
constexpr const char* kTraining = "fovea.training";

using Metadata = std::map<std::string, std::string>;

void require_json(const std::string& text, const char* key) {
  if (!Json::accept(text)) throw OptionError(fmt::format("the {} of a model file is JSON, found \"{}\"", key, text));
}

std::string labels_text(const std::vector<std::string>& labels) {
  try {
    return Json(labels).dump();
  } catch (const Json::type_error&) {
    throw OptionError("a label of a model file is not valid UTF-8");
  }
}

void check_format_version(const Metadata& metadata, const std::string& where) {
  const auto found = metadata.find(kFormatVersion);
  if (found == metadata.end())
    throw FileError(where, fmt::format("is a safetensors file but not a fovea model: its metadata has no {}", kFormatVersion));
  const std::string& text = found->second;
  int version = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), version);
  if (error != std::errc() || end != text.data() + text.size() || version < 1)
    throw FileError(where, fmt::format("has the {} \"{}\", expected a number from 1 on", kFormatVersion, text));
  if (version > kModelFormatVersion)
    throw FileError(where, fmt::format("is a model file of format {}, written by a newer fovea; this one ({}) reads formats up to {}",
                                       version, fovea::version(), kModelFormatVersion));
}

const std::string& required_text(const Metadata& metadata, const char* key, const std::string& where) {
  const auto found = metadata.find(key);
  if (found == metadata.end()) throw FileError(where, fmt::format("is a damaged fovea model: its metadata has no {}", key));
  return found->second;
}

/// The text, known to be JSON.
const std::string& required_json(const Metadata& metadata, const char* key, const std::string& where) {
  const std::string& text = required_text(metadata, key, where);
  parse_json(text, fmt::format("{}, {}", where, key));
  return text;
}

std::vector<std::string> read_labels(const std::string& text, const std::string& where) {
  const Json json = parse_json(text, fmt::format("{}, {}", where, kLabels));
  std::vector<std::string> labels;
  if (!json.is_array()) throw FileError(where, fmt::format("{} is {}, expected an array", kLabels, json.type_name()));
  for (const Json& label : json) {
    if (!label.is_string()) throw FileError(where, fmt::format("{} holds {}, expected strings", kLabels, label.type_name()));
    labels.push_back(label.get<std::string>());
  }
  return labels;
}

/// Everything that keeps a file's tensors from being a network's state, for one message.
class Misfits {
 public:
  template <class... Arguments>
  void add(const char* kind, fmt::format_string<Arguments...> format, Arguments&&... arguments) {
    lines_.push_back(fmt::format("\n  {}: {}", kind, fmt::format(format, std::forward<Arguments>(arguments)...)));
  }

  void throw_if_any(const std::string& where) const {
    if (!lines_.empty()) throw FileError(where, fmt::format("its tensors do not fit the network:{}", fmt::join(lines_, "")));
  }

 private:
  std::vector<std::string> lines_;
};

/// The patterns of LoadStateOptions, and which of them have matched a name: a misspelt one shall not go unnoticed.
class Allowance {
 public:
  explicit Allowance(const std::vector<std::string>& patterns) : patterns_(patterns), used_(patterns.size()) {}

  bool covers(const std::string& name) const {
    bool any = false;
    for (std::size_t i = 0; i < patterns_.size(); ++i) {
      if (!matches_pattern(name, patterns_[i])) continue;
      used_[i] = true;
      any = true;
    }
    return any;
  }

  void check_all_used() const {
    for (std::size_t i = 0; i < patterns_.size(); ++i)
      if (!used_[i])
        throw OptionError(fmt::format("allowed to be missing: \"{}\" matches no tensor of the network or the file", patterns_[i]));
  }

 private:
  const std::vector<std::string>& patterns_;
  mutable std::vector<bool> used_;
};

ModelMetadata metadata_of(const Metadata& texts, const std::string& where) {
  check_format_version(texts, where);
  ModelMetadata metadata;
  metadata.task = required_text(texts, kTask, where);
  metadata.architecture = required_json(texts, kArchitecture, where);
  metadata.labels = read_labels(required_text(texts, kLabels, where), where);
  metadata.preprocessing = required_json(texts, kPreprocessing, where);
  if (texts.contains(kTraining)) metadata.training = required_json(texts, kTraining, where);
  return metadata;
}

bool is_convertible(DType from, DType to) { return from == to || (is_floating(from) && is_floating(to)); }

}  // namespace

void save_model(const std::filesystem::path& path, const StateDict& state, const ModelMetadata& metadata) {
  require_json(metadata.architecture, "architecture");
  require_json(metadata.preprocessing, "preprocessing");
  SafetensorsFile file;
  file.metadata = {{kFormatVersion, std::to_string(kModelFormatVersion)},
                   {kVersion, version()},
                   {kTask, metadata.task},
                   {kArchitecture, metadata.architecture},
                   {kLabels, labels_text(metadata.labels)},
                   {kPreprocessing, metadata.preprocessing}};
  if (!metadata.training.empty()) {
    require_json(metadata.training, "training");
    file.metadata[kTraining] = metadata.training;
  }
  for (const StateEntry& entry : state) file.tensors.push_back({entry.name, to_file(entry.tensor, entry.layout)});
  write_safetensors(path, file);
}

ModelFile load_model_file(const std::filesystem::path& path) {
  const std::string where = path.string();
  SafetensorsFile file = read_safetensors(path);
  ModelFile model{.metadata = metadata_of(file.metadata, where)};
  model.written_by = required_text(file.metadata, kVersion, where);
  model.tensors = std::move(file.tensors);
  return model;
}

ModelMetadata load_model_metadata(const std::filesystem::path& path) { return metadata_of(read_safetensors_metadata(path), path.string()); }

std::vector<std::string> load_state(std::span<const NamedTensor> tensors, StateDict destination, const std::string& where,
                                    const LoadStateOptions& options) {
  const Allowance allowance(options.allow);
  std::unordered_map<std::string, const Tensor*> unused;
  for (const NamedTensor& tensor : tensors) unused.emplace(tensor.name, &tensor.tensor);

  Misfits misfits;
  std::vector<std::string> left;
  std::vector<std::pair<const Tensor*, StateEntry*>> copies;
  for (StateEntry& entry : destination) {
    const DType wanted_type = entry.tensor.dtype();
    const Shape wanted_shape = file_shape(entry.tensor.shape(), entry.layout);
    const bool is_allowed = allowance.covers(entry.name);
    const auto found = unused.find(entry.name);
    if (found == unused.end()) {
      if (!is_allowed && !entry.name.ends_with("num_batches_tracked"))
        misfits.add("missing", "{} {} {}", entry.name, name_of(wanted_type), wanted_shape.to_string());
      left.push_back(entry.name);
      continue;
    }
    const Tensor& source = *found->second;
    const bool fits_shape = source.shape() == wanted_shape, fits_type = is_convertible(source.dtype(), wanted_type);
    unused.erase(found);
    if (is_allowed && !(fits_shape && fits_type)) {
      left.push_back(entry.name);
      continue;
    }
    if (!fits_shape) misfits.add("wrong shape", "{} is {}, expected {}", entry.name, source.shape().to_string(), wanted_shape.to_string());
    if (!fits_type) misfits.add("wrong type", "{} is {}, expected {}", entry.name, name_of(source.dtype()), name_of(wanted_type));
    copies.emplace_back(&source, &entry);
  }
  for (const NamedTensor& tensor : tensors)
    if (unused.contains(tensor.name) && !allowance.covers(tensor.name))
      misfits.add("unexpected", "{} {} {}", tensor.name, name_of(tensor.tensor.dtype()), tensor.tensor.shape().to_string());
  misfits.throw_if_any(where);
  allowance.check_all_used();

  for (const auto& [source, entry] : copies) entry->tensor.copy_(from_file(source->to(entry->tensor.dtype()), entry->layout));
  return left;
}

}  // namespace fovea
