#include "fovea/vision/augmentation_recipe.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "fovea/base/error.hpp"
#include "fovea/base/text.hpp"

namespace fovea {

namespace {

/// The options of one item, read by name; finish() refuses what is left over.
class Options {
 public:
  Options(const Json& json, std::string where, cv::Size size) : output(size), json_(json), where_(std::move(where)) {}

  template <class T>
  T read(const char* key, T value) {
    known_.emplace_back(key);
    read_option(json_, key, value, where_);
    return value;
  }
  void finish() const { require_known_keys(json_, known_, where_); }

  const cv::Size output;

 private:
  const Json& json_;
  std::string where_;
  std::vector<std::string> known_{"name", "probability"};
};

struct NamedAugmentation {
  const char* name;
  AugmentationPart (*make)(Options&);
};

// Flips are drawn by their own probability, a half if none is given.
constexpr NamedAugmentation kAugmentations[] = {
    {"flip", [](Options& o) -> AugmentationPart { return std::make_shared<RandomFlip>(o.read("probability", 0.5)); }},
    {"vertical-flip",
     [](Options& o) -> AugmentationPart { return std::make_shared<RandomFlip>(o.read("probability", 0.5), FlipAxis::vertical); }},
    {"crop",
     [](Options& o) -> AugmentationPart {
       const int eighth = std::max(1, std::min(o.output.width, o.output.height) / 8);
       const int pixels = o.read("pixels", eighth);
       return std::make_shared<RandomCropWithPadding>(pixels, o.read("pad_value", 0.0));
     }},
    {"resized-crop",
     [](Options& o) -> AugmentationPart {
       RandomResizedCrop::Options options{.output = o.output};
       options.min_scale = o.read("min_scale", options.min_scale), options.max_scale = o.read("max_scale", options.max_scale);
       options.min_ratio = o.read("min_ratio", options.min_ratio), options.max_ratio = o.read("max_ratio", options.max_ratio);
       return std::make_shared<RandomResizedCrop>(options);
     }},
    {"affine",
     [](Options& o) {
       RandomAffineOptions options;
       options.degrees = o.read("degrees", options.degrees), options.translation = o.read("translation", options.translation);
       options.min_scale = o.read("min_scale", options.min_scale), options.max_scale = o.read("max_scale", options.max_scale);
       options.shear_degrees = o.read("shear_degrees", options.shear_degrees), options.pad_value = o.read("pad_value", options.pad_value);
       return random_affine(options);
     }},
    {"perspective",
     [](Options& o) {
       const double distortion = o.read("distortion", 0.3);
       return random_perspective(distortion, o.read("pad_value", 114.0));
     }},
    {"lens-distortion",
     [](Options& o) {
       const double strength = o.read("strength", 0.2);
       return random_lens_distortion(strength, o.read("pad_value", 114.0));
     }},
    {"elastic",
     [](Options& o) {
       ElasticOptions options;
       options.nodes = {o.read("nodes_across", options.nodes.width), o.read("nodes_down", options.nodes.height)};
       options.sigma = o.read("sigma", options.sigma), options.pad_value = o.read("pad_value", options.pad_value);
       return random_elastic(options);
     }},
    {"scale-crop",
     [](Options& o) {
       const int side = std::min(o.output.width, o.output.height);
       const int min_side = o.read("min_side", side), max_side = o.read("max_side", 2 * side);
       return random_scale_crop(min_side, max_side, o.output, o.read("pad_value", 0.0));
     }},
    {"patch",
     [](Options& o) {
       const double min = o.read("min_scale", 0.5), max = o.read("max_scale", 2.0);
       return random_patch(o.output, min, max, o.read("pad_value", 0.0));
     }},
    {"ssd-crop", [](Options&) { return random_ssd_crop(); }},
    {"letterbox", [](Options& o) { return letterbox(o.output, o.read("pad_value", 114.0)); }},
    {"color-jitter",
     [](Options& o) {
       ColorJitterOptions options;
       options.brightness = o.read("brightness", options.brightness), options.contrast = o.read("contrast", options.contrast);
       options.saturation = o.read("saturation", options.saturation), options.hue = o.read("hue", options.hue);
       return random_color_jitter(options);
     }},
    {"pca-color", [](Options& o) { return random_pca_color(o.read("sigma", 0.1)); }},
    {"gray", [](Options& o) { return random_gray(o.read("probability", 0.1)); }},
    {"gamma",
     [](Options& o) {
       const double min = o.read("min", 0.7);
       return random_gamma(min, o.read("max", 1.5));
     }},
    {"blur",
     [](Options& o) {
       const double min = o.read("min_sigma", 0.1);
       return random_blur(min, o.read("max_sigma", 2.0));
     }},
    {"noise", [](Options& o) { return random_noise(o.read("max_sigma", 10.0)); }},
    {"jpeg",
     [](Options& o) {
       const int min = o.read("min_quality", 40);
       return random_jpeg(min, o.read("max_quality", 95));
     }},
    {"clahe", [](Options& o) { return random_clahe(o.read("max_clip", 4.0)); }},
    {"cutout",
     [](Options& o) {
       const int count = o.read("count", 1);
       const double side = o.read("side", 0.5);
       return random_cutout(count, side, o.read("value", 0.0));
     }},
};

bool draws_its_own_probability(const std::string& name) { return name == "flip" || name == "vertical-flip" || name == "gray"; }

AugmentationPart part_from(const Json& item, cv::Size output, const std::string& where) {
  if (!item.is_string() && !item.is_object())
    throw OptionError(fmt::format("{}: an augmentation is a name or an object with a \"name\", found {}", where, item.dump()));
  const Json object = item.is_object() ? item : Json{{"name", item}};
  require_keys(object, std::vector<std::string>{"name"}, where);
  std::string name;
  read_option(object, "name", name, where);
  const auto* found = std::find_if(std::begin(kAugmentations), std::end(kAugmentations),
                                   [&](const NamedAugmentation& entry) { return entry.name == name; });
  if (found == std::end(kAugmentations)) throw OptionError(unknown_name_message("augmentation", name, augmentation_names()));
  Options options(object, where + ", " + name, output);
  AugmentationPart part = found->make(options);
  options.finish();
  if (draws_its_own_probability(name) || !object.contains("probability")) return part;
  return sometimes(options.read("probability", 1.0), std::move(part));
}

}  // namespace

std::vector<std::string> augmentation_names() {
  std::vector<std::string> names;
  for (const NamedAugmentation& entry : kAugmentations) names.emplace_back(entry.name);
  return names;
}

AugmentationPart augmentation_from(const Json& list, cv::Size output, const std::string& where) {
  if (!list.is_array()) throw OptionError(fmt::format("{}: augmentations are a list, found {}", where, list.dump()));
  std::vector<AugmentationPart> parts;
  for (const Json& item : list) parts.push_back(part_from(item, output, where));
  return std::make_shared<AugmentationSequence>(std::move(parts));
}

}  // namespace fovea
