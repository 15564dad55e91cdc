#include "fovea/pipelines/classifier_recipe.hpp"

#include <fmt/format.h>

#include <charconv>
#include <nlohmann/json.hpp>

#include "fovea/base/error.hpp"
#include "fovea/base/text.hpp"

namespace fovea {

namespace {

/// A name as it is; text of an object as the object.
Json augmentation_json(const std::string& text) { return text.starts_with('{') ? parse_json(text, "augment") : Json(text); }

std::vector<std::string> augmentations_from(const Json& list, const std::string& where) {
  if (!list.is_array()) throw OptionError(fmt::format("{}: augment is a list, found {}", where, list.dump()));
  std::vector<std::string> texts;
  for (const Json& item : list) {
    if (!item.is_string() && !item.is_object())
      throw OptionError(fmt::format("{}: augment holds names and objects with a \"name\", found {}", where, item.dump()));
    texts.push_back(item.is_string() ? item.get<std::string>() : item.dump());
  }
  return texts;
}

}  // namespace

Json ClassifierRecipe::picture_augmentations() const {
  Json list = Json::array();
  for (const std::string& text : augment)
    if (text != "mixup" && text != "cutmix" && text != "cutout") list.push_back(augmentation_json(text));
  return list;
}

Json ClassifierRecipe::to_json() const {
  Json augmentations = Json::array();
  for (const std::string& text : augment) augmentations.push_back(augmentation_json(text));
  return {{"task", task},
          {"data", data},
          {"names", names},
          {"model", model},
          {"model_options", parse_json(model_options, "model options")},
          {"weights", weights},
          {"allow", allow},
          {"freeze", freeze},
          {"cache_features", cache_features},
          {"epochs", epochs},
          {"batch", batch},
          {"image_size", image_size},
          {"channels", channels},
          {"resize", resize},
          {"augment", augmentations},
          {"reduced_decoding", reduced_decoding},
          {"mixup_alpha", mixup_alpha},
          {"cutmix_alpha", cutmix_alpha},
          {"cutout_share", cutout_share},
          {"optimizer", optimizer},
          {"optimizer_options", parse_json(optimizer_options, "optimizer options")},
          {"learning_rate", learning_rate},
          {"momentum", momentum},
          {"nesterov", nesterov},
          {"weight_decay", weight_decay},
          {"schedule", schedule},
          {"schedule_options", parse_json(schedule_options, "schedule options")},
          {"warmup_epochs", warmup_epochs},
          {"step_epochs", step_epochs},
          {"step_factor", step_factor},
          {"label_smoothing", label_smoothing},
          {"accumulate", accumulate},
          {"clip_norm", clip_norm},
          {"clip_value", clip_value},
          {"l1", l1},
          {"max_norm", max_norm},
          {"ema_decay", ema_decay},
          {"metric", metric},
          {"patience", patience},
          {"snapshots", snapshots},
          {"folds", folds},
          {"fold", fold},
          {"groups", parse_json(groups, "groups")},
          {"log_every", log_every},
          {"precision", precision},
          {"seed", seed},
          {"data_seed", data_seed}};
}

ClassifierRecipe ClassifierRecipe::from_json(const Json& json, const std::string& where) {
  ClassifierRecipe recipe;
  std::vector<std::string> known = {"fovea_version", "machine"};
  const Json defaults = recipe.to_json();
  for (const auto& [key, value] : defaults.items()) known.push_back(key);
  require_known_keys(json, known, where);
  read_option(json, "task", recipe.task, where);
  read_option(json, "data", recipe.data, where);
  read_option(json, "names", recipe.names, where);
  read_option(json, "model", recipe.model, where);
  if (json.contains("model_options")) recipe.model_options = json["model_options"].dump();
  read_option(json, "weights", recipe.weights, where);
  read_option(json, "allow", recipe.allow, where);
  read_option(json, "freeze", recipe.freeze, where);
  read_option(json, "cache_features", recipe.cache_features, where);
  read_option(json, "epochs", recipe.epochs, where);
  read_option(json, "batch", recipe.batch, where);
  read_option(json, "image_size", recipe.image_size, where);
  read_option(json, "channels", recipe.channels, where);
  read_option(json, "resize", recipe.resize, where);
  if (json.contains("augment")) recipe.augment = augmentations_from(json["augment"], where);
  read_option(json, "reduced_decoding", recipe.reduced_decoding, where);
  read_option(json, "mixup_alpha", recipe.mixup_alpha, where);
  read_option(json, "cutmix_alpha", recipe.cutmix_alpha, where);
  read_option(json, "cutout_share", recipe.cutout_share, where);
  read_option(json, "optimizer", recipe.optimizer, where);
  if (json.contains("optimizer_options")) recipe.optimizer_options = json["optimizer_options"].dump();
  read_option(json, "learning_rate", recipe.learning_rate, where);
  read_option(json, "momentum", recipe.momentum, where);
  read_option(json, "nesterov", recipe.nesterov, where);
  read_option(json, "weight_decay", recipe.weight_decay, where);
  read_option(json, "schedule", recipe.schedule, where);
  if (json.contains("schedule_options")) recipe.schedule_options = json["schedule_options"].dump();
  read_option(json, "warmup_epochs", recipe.warmup_epochs, where);
  read_option(json, "step_epochs", recipe.step_epochs, where);
  read_option(json, "step_factor", recipe.step_factor, where);
  read_option(json, "label_smoothing", recipe.label_smoothing, where);
  read_option(json, "accumulate", recipe.accumulate, where);
  read_option(json, "clip_norm", recipe.clip_norm, where);
  read_option(json, "clip_value", recipe.clip_value, where);
  read_option(json, "l1", recipe.l1, where);
  read_option(json, "max_norm", recipe.max_norm, where);
  read_option(json, "ema_decay", recipe.ema_decay, where);
  read_option(json, "metric", recipe.metric, where);
  read_option(json, "patience", recipe.patience, where);
  read_option(json, "snapshots", recipe.snapshots, where);
  read_option(json, "folds", recipe.folds, where);
  read_option(json, "fold", recipe.fold, where);
  if (json.contains("groups")) recipe.groups = json["groups"].dump();
  read_option(json, "log_every", recipe.log_every, where);
  read_option(json, "precision", recipe.precision, where);
  read_option(json, "seed", recipe.seed, where);
  read_option(json, "data_seed", recipe.data_seed, where);
  return recipe;
}

ImageSize parse_image_size(const std::string& text) {
  const auto number = [&](const std::string& part) {
    int value = 0;
    const auto [end, error] = std::from_chars(part.data(), part.data() + part.size(), value);
    if (error != std::errc() || end != part.data() + part.size() || value < 1 || value > 16384)
      throw OptionError(fmt::format("image size \"{}\": expected N or WxH with numbers from 1 to 16384", text));
    return value;
  };
  const std::vector<std::string> parts = split(text, 'x');
  if (parts.size() == 1) return {number(parts[0]), number(parts[0])};
  if (parts.size() == 2) return {number(parts[0]), number(parts[1])};
  throw OptionError(fmt::format("image size \"{}\": expected N or WxH", text));
}

}  // namespace fovea
