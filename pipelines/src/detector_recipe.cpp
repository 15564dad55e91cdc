#include "fovea/pipelines/detector_recipe.hpp"

#include <nlohmann/json.hpp>

namespace fovea {

Json DetectorRecipe::to_json() const {
  Json json = training.to_json();
  json["train_split"] = train_split;
  json["val_split"] = val_split;
  json["val_data"] = val_data;
  json["mosaic"] = mosaic;
  json["min_visible"] = min_visible;
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
  return recipe;
}

}  // namespace fovea
