// Classifiers on designed features. Their options are flat in descriptions, and only those of the chosen features are there.
#include <algorithm>

#include "families.hpp"
#include "fovea/base/error.hpp"
#include "fovea/base/text.hpp"
#include "fovea/classification/feature_classifier.hpp"

namespace fovea {

namespace {

using Kind = ImageFeaturesOptions::Kind;

constexpr const char* kHogForms[] = {"dalal-triggs", "felzenszwalb"};
constexpr const char* kColorSpaces[] = {"hsv", "rgb"};

/// The place of `text` among the names of an enumeration.
template <class Enum, std::size_t count>
void read_name(const Json& json, const char* key, const char* const (&names)[count], Enum& value, const std::string& where) {
  std::string text = names[static_cast<std::size_t>(value)];
  read_option(json, key, text, where);
  for (std::size_t i = 0; i < count; ++i)
    if (text == names[i]) {
      value = static_cast<Enum>(i);
      return;
    }
  throw OptionError(where + ": " + unknown_name_message(key, text, std::vector<std::string>(names, names + count)));
}

Json to_json(const ImageFeaturesOptions& o) {
  Json json = {{"features", name_of(o.kind)}};
  if (o.kind == Kind::color_histogram) {
    json["color_space"] = kColorSpaces[static_cast<std::size_t>(o.color.space)];
    json["color_bins"] = o.color.bins;
    json["grey_bins"] = o.color.grey_bins;
  }
  if (o.kind == Kind::hog) {
    json["hog_form"] = kHogForms[static_cast<std::size_t>(o.hog.form)];
    json["cell"] = o.hog.cell;
  }
  if (o.kind == Kind::bag_of_words)
    json.update({{"words", o.words.words},
                 {"patch", o.words.patch},
                 {"stride", o.words.stride},
                 {"grid", o.words.grid},
                 {"training_patches", o.words.training_patches}});
  return json;
}

void read(const Json& json, ImageFeaturesOptions& o, const std::string& where) {
  std::string kind = name_of(o.kind);
  read_option(json, "features", kind, where);
  o.kind = image_features_from(kind);
  read_name(json, "color_space", kColorSpaces, o.color.space, where);
  std::vector<std::int64_t> bins(o.color.bins.begin(), o.color.bins.end());
  read_option(json, "color_bins", bins, where);
  if (bins.size() != o.color.bins.size()) throw OptionError(where + ": \"color_bins\" are 3 numbers, found " + std::to_string(bins.size()));
  for (std::size_t i = 0; i < bins.size(); ++i) o.color.bins[i] = static_cast<int>(std::clamp<std::int64_t>(bins[i], 0, 1 << 20));
  read_option(json, "grey_bins", o.color.grey_bins, where);
  read_name(json, "hog_form", kHogForms, o.hog.form, where);
  read_option(json, "cell", o.hog.cell, where);
  read_option(json, "words", o.words.words, where);
  read_option(json, "patch", o.words.patch, where);
  read_option(json, "stride", o.words.stride, where);
  read_option(json, "grid", o.words.grid, where);
  read_option(json, "training_patches", o.words.training_patches, where);
}

Json own_options(const KNearestOptions& o) { return {{"samples", o.samples}, {"k", o.k}, {"metric", name_of(o.metric)}}; }
void read_own(const Json& json, KNearestOptions& o, const std::string& where) {
  read_option(json, "samples", o.samples, where);
  read_option(json, "k", o.k, where);
  std::string metric = name_of(o.metric);
  read_option(json, "metric", metric, where);
  o.metric = neighbor_metric_from(metric);
}

Json own_options(const ClassMeansOptions&) { return Json::object(); }
void read_own(const Json&, ClassMeansOptions&, const std::string&) {}

Json own_options(const LinearFeatureOptions& o) {
  return {{"fit_epochs", o.epochs}, {"fit_batch", o.batch}, {"fit_learning_rate", o.learning_rate}, {"fit_weight_decay", o.weight_decay}};
}
void read_own(const Json& json, LinearFeatureOptions& o, const std::string& where) {
  read_option(json, "fit_epochs", o.epochs, where);
  read_option(json, "fit_batch", o.batch, where);
  read_option(json, "fit_learning_rate", o.learning_rate, where);
  read_option(json, "fit_weight_decay", o.weight_decay, where);
}

template <class Model, class Options>
Network feature_classifier(CatalogueEntry entry, const Options& defaults = {}) {
  const auto describe = [name = entry.name](const Options& o) {
    Json json = {{"name", name}, {"height", o.height}, {"width", o.width}, {"channels", o.channels}, {"classes", o.classes}};
    json.update(to_json(o.features));
    json.update(own_options(o));
    return json;
  };
  const auto options_from = [defaults, describe](const Json& json, const std::string& where) {
    Options options = defaults;
    read_option(json, "height", options.height, where);
    read_option(json, "width", options.width, where);
    read_option(json, "channels", options.channels, where);
    read_option(json, "classes", options.classes, where);
    read(json, options.features, where);
    read_own(json, options, where);
    std::vector<std::string> known;
    const Json description = describe(options);
    for (const auto& [key, value] : description.items()) known.push_back(key);
    require_known_keys(json, known, where);
    return options;
  };
  entry.fitted = true;
  return {.entry = std::move(entry),
          .complete = [=](const Json& partial, const std::string& where) { return describe(options_from(partial, where)); },
          .build = [=](const Json& architecture, const std::string& where) -> std::unique_ptr<Layer> {
            return std::make_unique<Model>(options_from(architecture, where));
          }};
}

}  // namespace

std::vector<Network> feature_classifier_networks() {
  return {
      feature_classifier<KNearestClassifier, KNearestOptions>({"knn", "k nearest training images, by pixels or features", 32}),
      feature_classifier<ClassMeansClassifier, ClassMeansOptions>({"class-means", "nearest class mean, by pixels or features", 32}),
      feature_classifier<LinearFeatureClassifier, LinearFeatureOptions>(
          {"linear-softmax", "softmax on standardised pixels or features", 32}),
      feature_classifier<LinearFeatureClassifier, LinearFeatureOptions>({"linear-svm", "linear SVM on standardised pixels or features", 32},
                                                                        {.loss = LinearFeatureOptions::Loss::svm}),
  };
}

}  // namespace fovea
