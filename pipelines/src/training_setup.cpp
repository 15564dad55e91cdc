#include "training_setup.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <nlohmann/json.hpp>
#include <optional>

#include "fovea/base/error.hpp"
#include "fovea/base/text.hpp"
#include "fovea/classification/feature_task.hpp"
#include "fovea/classification/input_statistics.hpp"
#include "fovea/data/splits.hpp"
#include "fovea/interchange/model_file.hpp"
#include "fovea/pipelines/catalogue.hpp"
#include "fovea/pipelines/precision.hpp"
#include "fovea/pipelines/weights.hpp"
#include "fovea/training/parameter_group.hpp"
#include "fovea/vision/augmentation_recipe.hpp"
#include "training_parts.hpp"

namespace fovea {

namespace fs = std::filesystem;

namespace {

constexpr std::int64_t kStatisticsImages = 2000;

/// Throws OptionError unless `value` is one of `known`.
void require_one_of(const char* kind, const std::string& value, const std::vector<std::string>& known) {
  if (std::find(known.begin(), known.end(), value) == known.end()) throw OptionError(unknown_name_message(kind, value, known));
}

/// The recipe with everything decided that the data or the network decide.
ClassifierRecipe resolve(ClassifierRecipe recipe, const ClassificationDataset& train) {
  const cv::Mat first = train.get(0).image;
  if (recipe.channels == 0) recipe.channels = first.channels() == 1 ? 1 : 3;
  if (recipe.image_size.empty() && first.channels() == 1) {
    recipe.image_size = fmt::format("{}x{}", first.cols, first.rows);
  } else if (recipe.image_size.empty()) {
    recipe.image_size = std::to_string(require_classifier(recipe.model).image_size);
  }
  recipe.learning_rate = learning_rate_of(recipe);
  if (recipe.metric.empty()) recipe.metric = recipe.ema_decay > 0 ? "ema_val_top1" : "val_top1";
  return recipe;
}

/// Of the model file that training begins with; nothing without one, or with plain tensors, or for another number of channels.
std::optional<Preprocessing> preprocessing_of_weights(const ClassifierRecipe& recipe) {
  if (fs::path(recipe.weights).extension() != ".fovea") return std::nullopt;
  const ModelFile file = load_model_file(recipe.weights);
  const Preprocessing preprocessing =
      Preprocessing::from_json(parse_json(file.metadata.preprocessing, recipe.weights), "preprocessing of " + recipe.weights);
  if (preprocessing.channels != recipe.channels) return std::nullopt;
  return preprocessing;
}

Preprocessing preprocessing_for(const ClassifierRecipe& recipe, const ClassificationDataset& train) {
  const ImageSize size = parse_image_size(recipe.image_size);
  Preprocessing preprocessing;
  preprocessing.width = size.width;
  preprocessing.height = size.height;
  preprocessing.channels = static_cast<int>(recipe.channels);
  preprocessing.resize = resize_mode_from(recipe.resize);
  if (const std::optional<Preprocessing> earlier = preprocessing_of_weights(recipe)) {
    // Features that are known expect values of the scale that they were trained with.
    preprocessing.mean = earlier->mean;
    preprocessing.deviation = earlier->deviation;
    return preprocessing;
  }
  if (require_classifier(recipe.model).fitted) {  // designed for values in [0, 1]; what must be standardised, the classifier does itself
    preprocessing.mean.assign(static_cast<std::size_t>(recipe.channels), 0);
    preprocessing.deviation.assign(static_cast<std::size_t>(recipe.channels), 1);
    return preprocessing;
  }
  const InputStatistics statistics = measure_inputs(train, preprocessing, kStatisticsImages, recipe.seed);
  preprocessing.mean = statistics.mean;
  preprocessing.deviation = statistics.deviation;
  return preprocessing;
}

std::shared_ptr<const Augmentation> augmentation_for(const ClassifierRecipe& recipe, const Preprocessing& preprocessing) {
  const Json list = recipe.picture_augmentations();
  return list.empty() ? nullptr : augmentation_from(list, {preprocessing.width, preprocessing.height}, "augment");
}

/// Begins with the weights of a file. Gives the names that keep their drawn values: "head" is replaced even where the file's would fit, as
/// its classes are others.
std::vector<std::string> load_first_weights(Layer& network, const ClassifierRecipe& recipe) {
  LoadStateOptions options{.allow = recipe.allow};
  std::vector<NamedTensor> tensors = read_weights(recipe.weights);
  for (std::string& pattern : options.allow) {
    if (pattern != "head") continue;
    pattern = head_pattern(network);
    std::erase_if(tensors, [&](const NamedTensor& tensor) { return matches_pattern(tensor.name, pattern); });
  }
  return load_state(network, tensors, options, recipe.weights);
}

/// Everything but the top is a fixed function of an image, which dropout there would not be.
void freeze_below_top(Layer& network, const std::function<void(const std::string&)>& log) {
  const NetworkTop top = network_top(network);
  std::size_t frozen = 0;
  for (const NamedParameter& parameter : network.parameters())
    if (!top.owns(parameter.name)) frozen += freeze(network, parameter.name);
  log(fmt::format("frozen: {} parameters below \"{}\"", frozen, top.name));
  for (const NamedStream& stream : network.random_streams())
    if (!top.owns(stream.name)) log(fmt::format("{} draws no numbers: features are computed once", stream.name));
}

/// Throws OptionError when a pattern fits nothing, or nothing is left to train.
void freeze_parameters(Layer& network, const ClassifierRecipe& recipe, const std::function<void(const std::string&)>& log) {
  for (const std::string& pattern : recipe.freeze) log(fmt::format("frozen: {} parameters like \"{}\"", freeze(network, pattern), pattern));
  if (recipe.cache_features) freeze_below_top(network, log);
  const std::vector<NamedParameter> parameters = network.parameters();
  const bool any =
      std::any_of(parameters.begin(), parameters.end(), [](const auto& parameter) { return parameter.variable.requires_grad(); });
  if (!recipe.freeze.empty() && !any) throw OptionError("all parameters are frozen: nothing is left to train");
}

/// Training and validation images anew, for cross-validation; the test split stays what it is.
void take_fold(ClassificationData& data, const ClassifierRecipe& recipe) {
  if (recipe.folds == 0) return;
  data.require("train");
  const ClassificationDatasetPtr all = data.val == nullptr ? data.train : concatenation({data.train, data.val});
  std::vector<std::int64_t> labels, training, validation;
  for (std::int64_t i = 0; i < all->size(); ++i) labels.push_back(all->label(i));
  const std::vector<std::int64_t> folds = stratified_folds(labels, recipe.folds, recipe.split_seed());
  for (std::int64_t i = 0; i < all->size(); ++i)
    (folds[static_cast<std::size_t>(i)] == recipe.fold - 1 ? validation : training).push_back(i);
  data.notes = {fmt::format("fold {} of {}: {} images for training, {} for validation (stratified, seed {})", recipe.fold, recipe.folds,
                            training.size(), validation.size(), recipe.split_seed())};
  data.train = subset(all, training);
  data.val = subset(all, validation);
}

ClassificationPipeline pipeline_for(const ClassifierRecipe& recipe, const Preprocessing& preprocessing, const ClassificationData& data) {
  const NetworkInput input{.height = preprocessing.height, .width = preprocessing.width, .channels = preprocessing.channels};
  Json architecture = network_architecture(recipe.model, input, static_cast<std::int64_t>(data.labels.size()),
                                           parse_json(recipe.model_options, "model options"));
  if (architecture.contains("samples")) architecture["samples"] = data.require("train").size();
  ClassificationPipeline pipeline(build_classifier(architecture, "architecture"), architecture.dump(), preprocessing, data.labels);
  initialize(pipeline.network(), recipe.seed);
  return pipeline;
}

}  // namespace

std::unique_ptr<TrainingTask> TrainingSetup::task() {
  if (!recipe.cache_features) return std::make_unique<ClassificationTask>(pipeline.network(), train(), validation(), options);
  const auto start = std::chrono::steady_clock::now();
  auto task = std::make_unique<FeatureTask>(pipeline.network(), train(), validation(), options);
  constexpr double kMebi = 1 << 20;
  log(fmt::format("features of {} + {} images computed once, in {:.1f} s: {:.1f} MiB, from which \"{}\" learns", task->train().size(),
                  task->validation().size(), std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count(),
                  static_cast<double>(task->train().features.bytes() + task->validation().features.bytes()) / kMebi, task->top().name));
  return task;
}

void check_recipe(const ClassifierRecipe& recipe) {
  require_one_of("task", recipe.task, {"classify"});
  require_classifier(recipe.model);
  augmentation_from(recipe.picture_augmentations(), {32, 32}, "augment");  // which refuses what is wrong, whatever the size
  parse_precision(recipe.precision);
  if (recipe.weights.empty() && !recipe.allow.empty()) throw OptionError("allowed names want weights to begin with (--weights FILE)");
  if (recipe.cache_features && !recipe.augment.empty())
    throw OptionError(
        fmt::format("cached features are those of the pictures as they are; found the augmentation {}", recipe.augment.front()));
  if (recipe.cache_features && require_classifier(recipe.model).fitted)
    throw OptionError(fmt::format("{} learns at once: there are no epochs to cache features for", recipe.model));
  if (recipe.data.empty()) throw OptionError("no data given; expected for instance --data idx:DIR or --data folder:DIR");
  if (recipe.channels != 0 && recipe.channels != 1 && recipe.channels != 3)
    throw OptionError(fmt::format("channels are 1 (grey) or 3 (colour), found {}", recipe.channels));
  if (recipe.epochs < 1) throw OptionError(fmt::format("training takes at least 1 epoch, found {}", recipe.epochs));
  if (recipe.batch < 1) throw OptionError(fmt::format("a batch holds at least 1 image, found {}", recipe.batch));
  if (!(recipe.learning_rate >= 0))
    throw OptionError(fmt::format("the learning rate is positive (0: the optimiser's usual), found {}", recipe.learning_rate));
  if (recipe.folds != 0 && recipe.folds < 2) throw OptionError(fmt::format("folds are at least 2 (0: none), found {}", recipe.folds));
  if (recipe.folds != 0 && (recipe.fold < 1 || recipe.fold > recipe.folds))
    throw OptionError(fmt::format("fold is from 1 to {}, found {}", recipe.folds, recipe.fold));
  check_training_parts(recipe, validation_metric_names());
}

TrainingSetup set_up_training(const ClassifierRecipe& wanted, const TrainEnvironment& environment, const FindBegun& find_begun) {
  const auto log = [to = environment.log](const std::string& line) {
    if (to) to(line);
  };
  check_recipe(wanted);
  ClassificationData data = open_classification_data(wanted.data, {.seed = wanted.split_seed(), .names_file = wanted.names});
  take_fold(data, wanted);
  for (const std::string& note : data.notes) log(note);
  const ClassificationDataset& train = data.require("train");
  data.require("val");
  const ClassifierRecipe recipe = resolve(wanted, train);
  const std::optional<Preprocessing> begun = find_begun ? find_begun(recipe, data) : std::nullopt;
  const Preprocessing preprocessing = begun ? *begun : preprocessing_for(recipe, train);
  ClassificationPipeline pipeline = pipeline_for(recipe, preprocessing, data);
  std::vector<std::string> begun_anew;
  const bool loads_weights = !recipe.weights.empty() && !begun;
  if (loads_weights) begun_anew = load_first_weights(pipeline.network(), recipe);
  freeze_parameters(pipeline.network(), recipe, log);
  return {.recipe = recipe,
          .data = std::move(data),
          .pipeline = std::move(pipeline),
          .options = {.batches = {.preprocessing = preprocessing,
                                  .augmentation = augmentation_for(recipe, preprocessing),
                                  .mixing = mixing_for(recipe),
                                  .batch = recipe.batch,
                                  .seed = recipe.seed,
                                  .workers = environment.workers,
                                  .reduced_decoding = recipe.reduced_decoding},
                      .label_smoothing = recipe.label_smoothing,
                      .precision = parse_precision(recipe.precision),
                      .stop = environment.stop},
          .loaded_weights = loads_weights,
          .begun_anew = std::move(begun_anew),
          .log = log};
}

}  // namespace fovea
