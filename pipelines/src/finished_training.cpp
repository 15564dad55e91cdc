#include "finished_training.hpp"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "fovea/base/error.hpp"

namespace fovea {

bool is_finished(const std::filesystem::path& folder) {
  return std::filesystem::exists(folder / "validation.json");  // what a training writes last
}

TrainingRecipe recipe_in(const std::filesystem::path& folder) {
  return training_recipe_from(read_json_file(folder / "recipe.json"), (folder / "recipe.json").string());
}

void require_recipe_of(const std::filesystem::path& folder, const TrainingRecipe& wanted) {
  const Json had = to_json(recipe_in(folder)), now = to_json(wanted);
  const Json usual = std::visit([](const auto& recipe) { return std::decay_t<decltype(recipe)>{}.to_json(); }, wanted);
  for (const auto& [key, value] : now.items()) {
    const bool left_open = value == usual[key] && (value == Json(0) || value == Json(0.0) || value == Json(""));
    if (!left_open && had.value(key, Json()) != value)
      throw OptionError(fmt::format("{} holds a training with {} {}, but {} is wanted: choose another folder", folder.string(), key,
                                    had.value(key, Json()).dump(), value.dump()));
  }
}

}  // namespace fovea
