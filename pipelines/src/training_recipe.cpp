#include "fovea/pipelines/training_recipe.hpp"

#include <nlohmann/json.hpp>

#include "fovea/base/error.hpp"
#include "fovea/base/text.hpp"
#include "fovea/pipelines/train_classifier.hpp"
#include "fovea/pipelines/train_detector.hpp"

namespace fovea {

namespace {

template <class... Functions>
struct Overloaded : Functions... {
  using Functions::operator()...;
};
template <class... Functions>
Overloaded(Functions...) -> Overloaded<Functions...>;

}  // namespace

ClassifierRecipe& common_part(TrainingRecipe& recipe) {
  return std::visit(Overloaded{[](ClassifierRecipe& r) -> ClassifierRecipe& { return r; },
                               [](DetectorRecipe& r) -> ClassifierRecipe& { return r.training; }},
                    recipe);
}

const ClassifierRecipe& common_part(const TrainingRecipe& recipe) { return common_part(const_cast<TrainingRecipe&>(recipe)); }

Json to_json(const TrainingRecipe& recipe) {
  return std::visit([](const auto& r) { return r.to_json(); }, recipe);
}

TrainingRecipe training_recipe_from(const Json& json, const std::string& where) {
  std::string task = "classify";
  read_option(json, "task", task, where);
  if (task == "classify") return ClassifierRecipe::from_json(json, where);
  if (task == "detect") return DetectorRecipe::from_json(json, where);
  const std::vector<std::string> known = {"classify", "detect"};
  throw OptionError(unknown_name_message("task", task, known));
}

TrainResult train(const TrainingRecipe& recipe, const TrainEnvironment& environment) {
  return std::visit(Overloaded{[&](const ClassifierRecipe& r) { return train_classifier(r, environment); },
                               [&](const DetectorRecipe& r) { return train_detector(r, environment); }},
                    recipe);
}

SanityReport check_training(const TrainingRecipe& recipe, const TrainEnvironment& environment) {
  return std::visit([&](const auto& r) { return check_training(r, environment); }, recipe);
}

}  // namespace fovea
