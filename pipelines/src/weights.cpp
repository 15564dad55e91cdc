#include "fovea/pipelines/weights.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "fovea/base/error.hpp"
#include "fovea/interchange/safetensors.hpp"
#include "fovea/pipelines/catalogue.hpp"
#include "fovea/pipelines/classifier_recipe.hpp"

namespace fovea {

namespace {

constexpr std::uint64_t kSeed = 1;  // of weights that the file lacks

const Tensor* find(std::span<const NamedTensor> tensors, const std::string& name) {
  const auto found = std::find_if(tensors.begin(), tensors.end(), [&](const NamedTensor& tensor) { return tensor.name == name; });
  return found == tensors.end() ? nullptr : &found->tensor;
}

/// What the file's tensors say of the network's ends; the catalogue's defaults where they say nothing, so that the strict loading which
/// follows reports it.
struct Ends {
  std::int64_t channels, classes;
};

Ends ends_of(std::span<const NamedTensor> tensors, const Json& defaults, const Module& network) {
  Ends ends{defaults.at("channels"), defaults.at("classes")};
  const std::vector<NamedParameter> parameters = network.parameters();
  const Tensor* last = find(tensors, parameters.back().name);
  if (last != nullptr && last->rank() == 1 && last->extent(0) >= 2) ends.classes = last->extent(0);
  const Tensor* first = find(tensors, parameters.front().name);
  if (first != nullptr && first->rank() == 4) ends.channels = first->extent(1);  // OIHW
  return ends;
}

Preprocessing preprocessing_of(const ImportOptions& options, std::int64_t channels) {
  if (channels != 1 && channels != 3)
    throw OptionError(fmt::format("pictures have 1 or 3 channels, but the first layer takes {}", channels));
  const std::string size = options.image_size.empty() ? std::to_string(require_classifier(options.model).image_size) : options.image_size;
  const ImageSize image = parse_image_size(size);
  Preprocessing preprocessing{.width = image.width, .height = image.height, .channels = static_cast<int>(channels)};
  preprocessing.resize = resize_mode_from(options.resize);
  preprocessing.mean = channels == 3 ? kImageNetMean : std::vector<double>{0};
  preprocessing.deviation = channels == 3 ? kImageNetDeviation : std::vector<double>{1};
  if (!options.mean.empty()) preprocessing.mean = options.mean;
  if (!options.deviation.empty()) preprocessing.deviation = options.deviation;
  preprocessing.check("preprocessing");
  return preprocessing;
}

std::vector<std::string> labels_of(const ImportOptions& options, std::int64_t classes) {
  if (!options.names.empty()) return options.names;
  std::vector<std::string> labels;
  for (std::int64_t i = 0; i < classes; ++i) labels.push_back(std::to_string(i));
  return labels;
}

}  // namespace

std::vector<std::string> load_state(Module& module, std::span<const NamedTensor> tensors, const LoadStateOptions& options,
                                    const std::string& where) {
  return load_state(tensors, module.state_dict(), where, options);
}

std::vector<NamedTensor> read_weights(const std::filesystem::path& path) { return read_safetensors(path).tensors; }

std::string head_pattern(const Module& network) {
  const std::vector<NamedParameter> parameters = network.parameters();
  if (parameters.empty()) throw OptionError("a network without parameters has no head");
  const std::string& last = parameters.back().name;
  return last.substr(0, last.rfind('.') + 1) + "*";
}

ImportedClassifier import_torch_classifier(const std::filesystem::path& path, const ImportOptions& options) {
  require_classifier(options.model);
  const std::vector<NamedTensor> tensors = read_weights(path);
  const Json partial = parse_json(options.model_options, "model options");
  Json defaults = default_architecture(options.model);
  if (partial.is_object()) defaults.update(partial);
  auto network = build_classifier(defaults, "model options of " + options.model);
  const Ends ends = ends_of(tensors, defaults, *network);
  const Preprocessing preprocessing = preprocessing_of(options, ends.channels);
  const Json architecture = network_architecture(
      options.model, {.height = preprocessing.height, .width = preprocessing.width, .channels = ends.channels}, ends.classes, partial);
  if (architecture != defaults) network = build_classifier(architecture, options.model);
  std::vector<std::string> left = load_state(*network, tensors, options.load, path.string());
  if (!left.empty()) {  // first values that do not depend on what this process has built before
    initialize(*network, kSeed);
    load_state(*network, tensors, options.load, path.string());
  }
  return {ClassificationPipeline(std::move(network), architecture.dump(), preprocessing, labels_of(options, ends.classes)),
          std::move(left)};
}

void export_safetensors(const std::filesystem::path& model, const std::filesystem::path& out) {
  write_safetensors(out, {.tensors = load_model_file(model).tensors, .metadata = {{"format", "pt"}}});
}

}  // namespace fovea
