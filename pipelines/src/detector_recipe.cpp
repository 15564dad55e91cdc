#include "fovea/pipelines/detector_recipe.hpp"

#include <nlohmann/json.hpp>

namespace fovea {

namespace {

MultiScaleOptions multi_scale_from(const Json& json, const std::string& where) {
  const std::vector<std::string> known = {"min", "max", "every"};
  require_known_keys(json, known, where);
  MultiScaleOptions options;
  read_option(json, "min", options.min, where);
  read_option(json, "max", options.max, where);
  read_option(json, "every", options.every, where);
  return options;
}

}  // namespace

Json DetectorRecipe::to_json() const {
  Json json = training.to_json();
  json["train_split"] = train_split;
  json["val_split"] = val_split;
  json["val_data"] = val_data;
  json["mosaic"] = mosaic;
  json["min_visible"] = min_visible;
  json["multi_scale"] = nullptr;
  if (multi_scale.any()) json["multi_scale"] = {{"min", multi_scale.min}, {"max", multi_scale.max}, {"every", multi_scale.every}};
  return json;
}

DetectorRecipe DetectorRecipe::from_json(const Json& json, const std::string& where) {
  DetectorRecipe recipe;
  std::vector<std::string> known = {"fovea_version", "machine"};
  const Json defaults = recipe.to_json();
  for (const auto& [key, value] : defaults.items()) known.push_back(key);
  require_known_keys(json, known, where);
  Json all = recipe.training.to_json();  // where the defaults are a detector's
  for (const auto& [key, value] : json.items())
    if (all.contains(key)) all[key] = value;
  recipe.training = ClassifierRecipe::from_json(all, where);
  read_option(json, "train_split", recipe.train_split, where);
  read_option(json, "val_split", recipe.val_split, where);
  read_option(json, "val_data", recipe.val_data, where);
  read_option(json, "mosaic", recipe.mosaic, where);
  read_option(json, "min_visible", recipe.min_visible, where);
  if (json.contains("multi_scale") && !json["multi_scale"].is_null())
    recipe.multi_scale = multi_scale_from(json["multi_scale"], where + ": multi_scale");
  return recipe;
}

}  // namespace fovea
