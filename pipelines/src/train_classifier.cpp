#include "fovea/pipelines/train_classifier.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <chrono>
#include <nlohmann/json.hpp>
#include <optional>

#include "fovea/autograd/ops/cast.hpp"
#include "fovea/base/version.hpp"
#include "fovea/classification/fit_feature_classifier.hpp"
#include "fovea/nn/dead_channels.hpp"
#include "fovea/pipelines/catalogue.hpp"
#include "fovea/pipelines/run_pictures.hpp"
#include "sanity_parts.hpp"
#include "training_run.hpp"
#include "training_setup.hpp"

namespace fovea {

namespace {

/// Facts that a model file keeps of its training.
Json training_facts(const ClassifierRecipe& recipe) {
  return {{"data", recipe.data}, {"precision", recipe.precision}, {"seed", recipe.seed}, {"data_seed", recipe.split_seed()}};
}

/// The first training images, as they are: what dead channels are looked for with.
Tensor probe_batch(TrainingSetup& setup) {
  constexpr std::int64_t kProbeImages = 128;
  std::vector<std::int64_t> order = epoch_order(setup.train().size(), setup.recipe.seed, 0);
  order.resize(std::min(order.size(), static_cast<std::size_t>(kProbeImages)));
  ImageBatchOptions plain = setup.options.batches;
  plain.augmentation = nullptr;
  plain.mixing = {};
  plain.batch = kProbeImages;
  plain.workers = 0;
  return load_batches(setup.train(), order, 0, plain)->next().images;
}

/// What log.jsonl begins with, beside what all trainings say.
Json log_facts(const TrainingSetup& setup) {
  return {{"classes", setup.data.labels.size()},
          {"train_images", setup.train().size()},
          {"val_images", setup.validation().size()},
          {"label_smoothing", setup.recipe.label_smoothing}};
}

std::vector<SanityCheck> first_checks(const TrainingSetup& setup, const std::filesystem::path& out) {
  constexpr std::int64_t kBatches = 2;
  const std::vector<ImageBatch> batches = first_batches(setup, kBatches);
  save_batch_picture(out / "plots" / "batch.png", batches.front(), setup);
  return {check_labels(setup), check_inputs(images_of(batches))};
}

TrainingSummary train_network(TrainingRun& run, TrainingSetup& setup) {
  const ClassifierRecipe& recipe = setup.recipe;
  ClassificationPipeline& pipeline = setup.pipeline;
  const std::unique_ptr<TrainingTask> task = setup.task();
  RunParts parts{.recipe = recipe, .task = *task, .facts = training_facts(recipe), .log_facts = log_facts(setup)};
  parts.save = [&](const std::filesystem::path& file, const std::string& training) {
    pipeline.set_training(training);
    pipeline.save(file);
  };
  if (!recipe.cache_features)  // there the probe would run through all that is frozen, in every epoch
    parts.dead_channels = [&pipeline, probe = probe_batch(setup), precision = setup.options.precision] {
      return dead_channels(pipeline.network(), cast(Variable(probe), precision));
    };
  parts.first_checks = [&] { return first_checks(setup, run.out()); };
  parts.check_first_loss = [&](double loss) {
    return check_initial_loss(loss, static_cast<std::int64_t>(setup.data.labels.size()), recipe.weights.empty());
  };
  return run_epochs(run, parts);
}

/// All at once: there are no epochs to log, and the last weights are the best.
TrainingSummary fit_features(const TrainingRun& run, TrainingSetup& setup, FeatureClassifier& classifier) {
  const auto start = std::chrono::steady_clock::now();
  fit_feature_classifier(classifier, setup.train(), setup.options.batches);
  setup.pipeline.set_training(training_facts(setup.recipe).dump());
  for (const char* name : {"best.fovea", "last.fovea"}) setup.pipeline.save(run.weights(name));
  return {.best_epoch = 0, .seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count()};
}

/// The best weights on the validation split: validation.json and the confusion matrix.
void judge_best_weights(const TrainingRun& run, const TrainingSetup& setup, bool fitted, TrainResult& result) {
  ClassificationPipeline best = ClassificationPipeline::load(result.best);
  best.set_precision(setup.options.precision);
  const TrainEnvironment& environment = run.environment();
  const ClassificationMetrics metrics = best.evaluate(setup.validation(), setup.recipe.batch, environment.workers, environment.stop);
  if (fitted) result.summary.best_value = metrics.top1;  // there were no epochs
  save_confusion_matrix(run.out() / "plots", metrics);
  const Json json = to_json(metrics, {.split = "val", .model = result.best.string(), .fovea_version = version()});
  write_json_file(run.out() / "validation.json", json);
  result.metrics = to_text(json);
}

Json complete_classifier_recipe(const Json& recipe, const std::string& where) {
  return ClassifierRecipe::from_json(recipe, where).to_json();
}

}  // namespace

TrainResult train_classifier(const ClassifierRecipe& wanted, const TrainEnvironment& environment) {
  TrainingRun run(environment);
  TrainingSetup setup = set_up_training(wanted, environment, [&](const ClassifierRecipe& recipe, const ClassificationData& data) {
    return run.find_begun(recipe.to_json(), data_facts(*data.train, *data.val), complete_classifier_recipe,
                          !require_classifier(recipe.model).fitted);
  });
  const ClassifierRecipe& recipe = setup.recipe;
  const Preprocessing& preprocessing = setup.pipeline.preprocessing();
  run.begin(preprocessing);
  run.log(fmt::format("{}: {} parameters, input {}x{}x{}, {} classes", recipe.model, setup.pipeline.network().parameter_count(),
                      preprocessing.width, preprocessing.height, preprocessing.channels, setup.data.labels.size()));
  if (setup.loaded_weights) run.log(fmt::format("weights of {}", recipe.weights));
  if (!setup.begun_anew.empty()) run.log(fmt::format("begins anew: {}", fmt::join(setup.begun_anew, ", ")));

  auto* const classical = dynamic_cast<FeatureClassifier*>(&setup.pipeline.network());
  TrainResult result{.best = run.weights("best.fovea"), .summary = {}, .metric = recipe.metric, .metrics = {}};
  try {
    result.summary = classical != nullptr ? fit_features(run, setup, *classical) : train_network(run, setup);
    if (!result.summary.stopped) judge_best_weights(run, setup, classical != nullptr, result);
  } catch (const Stopped&) {  // before the first batch, or after the last one
    result.summary.stopped = true;
  }
  return result;
}

}  // namespace fovea
