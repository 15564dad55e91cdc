#include "finished_training.hpp"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "fovea/base/error.hpp"

namespace fovea {

bool is_finished(const std::filesystem::path& folder) {
  return std::filesystem::exists(folder / "validation.json");  // what a training writes last
}

ClassifierRecipe recipe_in(const std::filesystem::path& folder) {
  return ClassifierRecipe::from_json(read_json_file(folder / "recipe.json"), (folder / "recipe.json").string());
}

void require_recipe_of(const std::filesystem::path& folder, const ClassifierRecipe& wanted) {
  const Json had = recipe_in(folder).to_json(), usual = ClassifierRecipe{}.to_json(), now = wanted.to_json();
  for (const auto& [key, value] : now.items()) {
    const bool left_open = value == usual[key] && (value == Json(0) || value == Json(0.0) || value == Json(""));
    if (!left_open && had[key] != value)
      throw OptionError(fmt::format("{} holds a training with {} {}, but {} is wanted: choose another folder", folder.string(), key,
                                    had[key].dump(), value.dump()));
  }
}

}  // namespace fovea
