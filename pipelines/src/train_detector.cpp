#include "fovea/pipelines/train_detector.hpp"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "detector_sanity.hpp"
#include "detector_setup.hpp"
#include "detector_verdict.hpp"
#include "fovea/base/error.hpp"
#include "fovea/pipelines/detector_catalogue.hpp"
#include "training_run.hpp"

namespace fovea {

namespace fs = std::filesystem;

namespace {

/// Facts that a model file keeps of its training.
Json training_facts(const DetectorRecipe& recipe) {
  const ClassifierRecipe& r = recipe.training;
  return {{"data", r.data}, {"split", recipe.train_split}, {"seed", r.seed}, {"precision", r.precision}};
}

/// What log.jsonl begins with, beside what all trainings say.
Json log_facts(const DetectorSetup& setup) {
  return {{"task", "detect"},
          {"train_images", setup.train.size()},
          {"val_images", setup.validation.size()},
          {"train_objects", setup.train.data().annotations.size()},
          {"val_objects", setup.validation.data().annotations.size()}};
}

/// How many objects each class has: what is rare is seldom found.
std::string balance_of(const AnnotatedDataset& data, const std::string& split) {
  std::vector<std::int64_t> counts(data.names().size());
  for (const DetectionAnnotation& object : data.data().annotations)
    if (!object.is_crowd) ++counts[static_cast<std::size_t>(object.category)];
  std::string line = fmt::format("{}: {} images;", split, data.size());
  for (std::size_t i = 0; i < counts.size(); ++i) line += fmt::format(" {} {}", data.names()[i], counts[i]);
  return line;
}

std::vector<SanityCheck> first_checks(const DetectorSetup& setup, const fs::path& out) {
  constexpr std::int64_t kBatches = 2;
  const std::vector<DetectionBatch> batches = first_batches(setup, kBatches);
  save_batch_picture(out / "plots" / "batch.png", batches.front(), setup);
  return {check_objects(setup), check_inputs(images_of(batches), kDetectorInputs)};
}

TrainingSummary train_network(TrainingRun& run, DetectorSetup& setup) {
  TrainedDetector& detector = setup.detector;
  DetectionTask task(*detector.network, setup.train, setup.validation, setup.options);
  RunParts parts{.recipe = setup.recipe.training, .task = task, .facts = training_facts(setup.recipe), .log_facts = log_facts(setup)};
  parts.save = [&](const fs::path& file, const std::string& training) {
    detector.training = training;
    detector.save(file);
  };
  parts.first_checks = [&] { return first_checks(setup, run.out()); };
  parts.check_first_loss = check_first_detection_loss;
  return run_epochs(run, parts);
}

Json complete_detector_recipe(const Json& recipe, const std::string& where) { return DetectorRecipe::from_json(recipe, where).to_json(); }

}  // namespace

TrainedDetector TrainedDetector::load(const fs::path& path) {
  const std::string where = path.string();
  const ModelFile file = load_model_file(path);
  if (file.metadata.task != "detect")
    throw FileError(where, fmt::format("holds a model for the task \"{}\", expected a detector (\"detect\")", file.metadata.task));
  return from(file, where);
}

TrainedDetector TrainedDetector::from(const ModelFile& file, const std::string& where) {
  try {
    TrainedDetector detector{.architecture = file.metadata.architecture,
                             .preprocessing = Preprocessing::from_json(parse_json(file.metadata.preprocessing, where), "preprocessing"),
                             .labels = file.metadata.labels,
                             .training = file.metadata.training};
    detector.network = build_detector(parse_json(detector.architecture, "architecture"), "architecture");
    load_state(file.tensors, detector.network->state_dict(), where);
    detector.network->eval();
    return detector;
  } catch (const FileError&) {
    throw;
  } catch (const Error& error) {  // what would be a wrong option or shape elsewhere is a damaged file here
    throw FileError(where, error.what());
  }
}

void TrainedDetector::save(const fs::path& path) const {
  save_model(path, network->state_dict(),
             {.task = "detect",
              .architecture = architecture,
              .labels = labels,
              .preprocessing = preprocessing.to_json().dump(),
              .training = training});
}

TrainResult train_detector(const DetectorRecipe& wanted, const TrainEnvironment& environment) {
  TrainingRun run(environment);
  DetectorSetup setup = set_up_detector(wanted, environment);
  const ClassifierRecipe& r = setup.recipe.training;
  const Preprocessing& preprocessing = setup.detector.preprocessing;
  run.find_begun(setup.recipe.to_json(), data_facts(setup.train, setup.validation), complete_detector_recipe);
  run.begin(preprocessing);
  run.log(fmt::format("{}: {} parameters, input {}x{}, {} classes", r.model, setup.detector.network->parameter_count(), preprocessing.width,
                      preprocessing.height, setup.detector.labels.size()));
  run.log(balance_of(setup.train, setup.recipe.train_split));
  run.log(balance_of(setup.validation, setup.recipe.val_split));
  TrainResult result{.best = run.weights("best.fovea"), .summary = {}, .metric = r.metric, .metrics = {}};
  try {
    result.summary = train_network(run, setup);
    if (!result.summary.stopped) result.metrics = judge_best_weights(run, setup, result.best);
  } catch (const Stopped&) {  // before the first batch, or after the last one
    result.summary.stopped = true;
  }
  return result;
}

}  // namespace fovea
