// Recipes for pictures of shapes in a folder (support/shape_pictures.hpp), small enough to train in a test.
#pragma once

#include <filesystem>

#include "fovea/pipelines/classifier_recipe.hpp"

namespace fovea::test {

/// Learns the shapes from a dozen pictures of each.
inline ClassifierRecipe small_shape_recipe(const std::filesystem::path& data, double learning_rate) {
  return {.data = "folder:" + data.string(),
          .model_options = R"({"filters1":6,"filters2":8,"hidden":24})",
          .epochs = 4,
          .batch = 8,
          .image_size = "16",
          .learning_rate = learning_rate,
          .seed = 3};
}

/// For trainings of which there are many.
inline ClassifierRecipe tiny_shape_recipe(const std::filesystem::path& data, double learning_rate) {
  ClassifierRecipe recipe = small_shape_recipe(data, learning_rate);
  recipe.model_options = R"({"filters1":4,"filters2":4,"hidden":8})";
  recipe.epochs = 2;
  return recipe;
}

}  // namespace fovea::test
