#include "fovea/pipelines/replay_batch.hpp"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "fovea/classification/classification_task.hpp"
#include "fovea/detection/detection_task.hpp"
#include "fovea/nn/network_top.hpp"
#include "fovea/pipelines/catalogue.hpp"
#include "fovea/pipelines/classifier_recipe.hpp"
#include "fovea/pipelines/detector_catalogue.hpp"
#include "fovea/pipelines/detector_recipe.hpp"
#include "fovea/pipelines/precision.hpp"
#include "run_state.hpp"

namespace fovea {

namespace {

/// The step that stopped a training: its network, and the loss of its batch.
struct Step {
  std::string name;  ///< of the network
  std::unique_ptr<Module> network;
  std::function<Variable()> loss;
};

/// Takes network and batch out of the state.
template <class Batch>
std::shared_ptr<Batch> load_step(Module& network, const StateArchive& archive) {
  visit_state(network, archive.part(kReplayModel));
  const auto batch = std::make_shared<Batch>();
  visit_state(*batch, archive.part(kReplayBatch));
  return batch;
}

Step classifier_step(const RunFacts& facts, const StateArchive& archive, const std::string& where) {
  const ClassifierRecipe recipe = ClassifierRecipe::from_json(facts.recipe, where);
  const Preprocessing preprocessing = Preprocessing::from_json(facts.preprocessing, where);
  const NetworkInput input{.height = preprocessing.height, .width = preprocessing.width, .channels = preprocessing.channels};
  const auto classes = static_cast<std::int64_t>(facts.data.at("classes").size());
  auto network = build_classifier(network_architecture(recipe.model, input, classes, parse_json(recipe.model_options, where)), where);
  const auto batch = load_step<ImageBatch>(*network, archive);
  Layer& trained = recipe.cache_features ? *network_top(*network).layer : *network;  // the batch holds features, then
  const ClassificationTaskOptions options{.label_smoothing = recipe.label_smoothing, .precision = parse_precision(recipe.precision)};
  return {recipe.model, std::move(network), [&trained, batch, options] { return classification_loss(trained, *batch, options); }};
}

Step detector_step(const RunFacts& facts, const StateArchive& archive, const std::string& where) {
  const ClassifierRecipe recipe = DetectorRecipe::from_json(facts.recipe, where).training;
  const auto classes = static_cast<std::int64_t>(facts.data.at("classes").size());
  auto network = build_detector(detector_architecture(recipe.model, classes, parse_json(recipe.model_options, where)), where);
  const auto batch = load_step<DetectionBatch>(*network, archive);
  OneStageDetector& detector = *network;
  const DType precision = parse_precision(recipe.precision);
  return {recipe.model, std::move(network), [&detector, batch, precision] { return detection_loss(detector, *batch, precision); }};
}

Json to_json(const std::optional<Anomaly>& found, const std::vector<std::string>& names) {
  Json json = {{"finite", !found.has_value()}};
  if (!found) return json;
  json["operation"] = found->operation;
  json["layer"] = found->layer;
  json["pass"] = found->backward ? "backward" : "forward";
  json["parameter"] = found->parameter;
  json["samples"] = samples_of(names, *found);
  return json;
}

}  // namespace

ReplayResult replay_batch(const std::filesystem::path& file) {
  const std::string where = file.string();
  const TrainingState state = read_state_file(file);
  StateArchive archive = StateArchive::loading(state, where);
  RunFacts facts;
  facts.visit_state(archive.part(kRunPart));
  const bool detects = facts.recipe.value("task", "") == "detect";
  const Step step = detects ? detector_step(facts, archive, where) : classifier_step(facts, archive, where);
  Json names;
  archive.value(kReplaySamples, names);
  archive.finish();

  const auto found = find_anomaly(*step.network, step.loss);
  const auto samples = names.get<std::vector<std::string>>();
  const std::string text =
      found ? fmt::format("the first number that is not finite comes from {}{}", found->describe(), describe_samples(samples, *found))
            : "all numbers of this step are finite";
  return {.network = step.name, .anomaly = found, .text = text, .json = to_text(to_json(found, samples))};
}

}  // namespace fovea
