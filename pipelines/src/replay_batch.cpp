#include "fovea/pipelines/replay_batch.hpp"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "fovea/classification/classification_task.hpp"
#include "fovea/nn/network_top.hpp"
#include "fovea/pipelines/catalogue.hpp"
#include "fovea/pipelines/classifier_recipe.hpp"
#include "fovea/pipelines/precision.hpp"
#include "run_state.hpp"

namespace fovea {

namespace {

std::unique_ptr<Layer> network_of(const ClassifierRecipe& recipe, const RunFacts& facts, const std::string& where) {
  const Preprocessing preprocessing = Preprocessing::from_json(facts.preprocessing, where);
  const NetworkInput input{.height = preprocessing.height, .width = preprocessing.width, .channels = preprocessing.channels};
  const auto classes = static_cast<std::int64_t>(facts.data.at("classes").size());
  return build_classifier(network_architecture(recipe.model, input, classes, parse_json(recipe.model_options, where)), where);
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
  const ClassifierRecipe recipe = ClassifierRecipe::from_json(facts.recipe, where);
  const std::unique_ptr<Layer> network = network_of(recipe, facts, where);
  visit_state(*network, archive.part(kReplayModel));
  ImageBatch batch;
  visit_state(batch, archive.part(kReplayBatch));
  Json names;
  archive.value(kReplaySamples, names);
  archive.finish();

  const ClassificationTaskOptions options{.label_smoothing = recipe.label_smoothing, .precision = parse_precision(recipe.precision)};
  Layer& trained = recipe.cache_features ? *network_top(*network).layer : *network;  // the batch holds features, then
  const auto found = find_anomaly(*network, [&] { return classification_loss(trained, batch, options); });
  const auto samples = names.get<std::vector<std::string>>();
  const std::string text =
      found ? fmt::format("the first number that is not finite comes from {}{}", found->describe(), describe_samples(samples, *found))
            : "all numbers of this step are finite";
  return {.network = recipe.model, .anomaly = found, .text = text, .json = to_text(to_json(found, samples))};
}

}  // namespace fovea
