#include "fovea/pipelines/sanity_check.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "detector_sanity.hpp"
#include "fovea/base/error.hpp"
#include "fovea/pipelines/catalogue.hpp"
#include "fovea/training/gradients.hpp"
#include "sanity_parts.hpp"
#include "training_parts.hpp"

namespace fovea {

namespace {

constexpr std::int64_t kBatches = 4;          // that are looked at
constexpr double kFittedDetectionLoss = 0.2;  // of the first loss: the priors of a head's biases have made that small already

/// A copy of a network's state that comes back when the guard goes.
class StateGuard {
 public:
  explicit StateGuard(Module& module) : module_(module) {
    for (const StateEntry& entry : module.state_dict()) saved_.push_back(entry.tensor.clone());
  }
  ~StateGuard() {
    const StateDict state = module_.state_dict();
    for (std::size_t i = 0; i < saved_.size(); ++i) Tensor(state[i].tensor).copy_(saved_[i]);
    module_.clear_grad();
  }
  StateGuard(const StateGuard&) = delete;
  StateGuard& operator=(const StateGuard&) = delete;

 private:
  Module& module_;
  std::vector<Tensor> saved_;
};

/// Of batches as they are trained on.
double mean_loss(TrainingSetup& setup, const std::vector<ImageBatch>& batches) {
  const NoGradGuard no_grad;
  double sum = 0;
  for (const ImageBatch& batch : batches) sum += classification_loss(setup.pipeline.network(), batch, setup.options).item();
  return sum / static_cast<double>(batches.size());
}

SanityCheck check_first_loss(TrainingSetup& setup, const std::vector<ImageBatch>& batches) {
  Module& network = setup.pipeline.network();
  const StateGuard guard(network);  // the statistics of batch norms follow what they see
  network.train();
  return check_initial_loss(mean_loss(setup, batches), static_cast<std::int64_t>(setup.data.labels.size()), setup.recipe.weights.empty());
}

SanityCheck check_first_loss(DetectorSetup& setup, const DetectionBatch& batch) {
  const StateGuard guard(*setup.detector.network);
  setup.detector.network->train();
  return check_initial_terms(setup, batch);
}

/// The norm of the parameters that decay.
double norm_of_decaying(const std::vector<NamedParameter>& parameters) { return std::sqrt(2 * penalty(parameters, {.l2 = 1})); }

SanityCheck check_regularization(Module& network, const ClassifierRecipe& recipe) {
  const StateGuard guard(network);
  const std::unique_ptr<Optimizer> optimizer = optimizer_for(recipe, network.parameters());
  const std::vector<NamedParameter>& parameters = optimizer->parameters();
  const double added = penalty(parameters, {.l1 = recipe.l1, .l2 = recipe.weight_decay});
  SanityCheck check{.name = "regularization", .passed = true, .statement = "none in the recipe", .values = {{"penalty", added}}};
  if (recipe.l1 == 0 && recipe.weight_decay == 0) return check;
  const double before = norm_of_decaying(parameters);
  for (NamedParameter parameter : parameters)
    if (parameter.variable.requires_grad())
      parameter.variable.mutable_grad() = Tensor::zeros(parameter.variable.shape(), parameter.variable.dtype());
  if (recipe.l1 > 0) add_penalty_gradients(parameters, {.l1 = recipe.l1});
  optimizer->step(recipe.learning_rate);
  const double after = norm_of_decaying(parameters);
  check.passed = added > 0 && after < before;
  check.statement = fmt::format("adds {:.4g} to the loss; an update without other gradients takes the weights' norm from {:.6g} to {:.6g}",
                                added, before, after);
  check.values = {{"penalty", added}, {"norm_before", before}, {"norm_after", after}};
  return check;
}

/// A fixed batch of training images without augmentation.
ImageBatch small_batch(const TrainingSetup& setup) {
  constexpr std::size_t kImages = 20;
  ImageBatchOptions options = setup.options.batches;
  options.augmentation = nullptr;
  options.mixing = {};
  options.batch = kImages;
  options.workers = 0;
  std::vector<std::int64_t> order = epoch_order(setup.train().size(), setup.recipe.seed, 0);
  order.resize(std::min(order.size(), kImages));
  return load_batches(setup.train(), std::move(order), 0, options)->next();
}

/// What a network is to fit by heart.
struct SmallTask {
  std::int64_t images;
  std::function<Variable()> loss;                   ///< of the batch, always the same
  std::function<double(double first_loss)> wanted;  ///< what the loss is to fall to
};

SanityCheck check_overfits(Module& network, const ClassifierRecipe& recipe, const SmallTask& task,
                           const std::function<void(const std::string&)>& log) {
  constexpr std::int64_t kUpdates = 300, kReportEvery = 50;
  const StateGuard guard(network);
  network.train();
  ClassifierRecipe plain = recipe;
  plain.weight_decay = 0;
  const std::unique_ptr<Optimizer> optimizer = optimizer_for(plain, network.parameters());
  double first = 0, loss = 0, wanted = 0;
  std::int64_t update = 0;
  for (; update < kUpdates; ++update) {
    const Variable result = task.loss();
    loss = result.item();
    if (update == 0) first = loss, wanted = task.wanted(first);
    if (!std::isfinite(loss) || loss <= wanted) break;
    if (update % kReportEvery == 0 && update > 0) log(fmt::format("one small batch: loss {:.4f} after {} updates", loss, update));
    optimizer->clear_grad();
    backward(result);
    optimizer->step(recipe.learning_rate);
  }
  return {.name = "overfits",
          .passed = loss <= wanted,
          .statement = fmt::format("{} training images: loss {:.4f} before, {:.4f} after {} updates (wanted: at most {:.4f})", task.images,
                                   first, loss, update, wanted),
          .values = {{"first_loss", first}, {"loss", loss}, {"updates", static_cast<double>(update)}, {"wanted_loss", wanted}}};
}

SanityCheck check_overfits(TrainingSetup& setup, const std::function<void(const std::string&)>& log) {
  Layer& network = setup.pipeline.network();
  ClassificationTaskOptions options = setup.options;
  options.label_smoothing = 0;
  const ImageBatch batch = small_batch(setup);
  const double wanted = 0.1 * std::log(static_cast<double>(setup.data.labels.size()));
  return check_overfits(network, setup.recipe,
                        {.images = batch.images.extent(0),
                         .loss = [&] { return classification_loss(network, batch, options); },
                         .wanted = [&](double) { return wanted; }},
                        log);
}

SanityCheck check_overfits(DetectorSetup& setup, const std::function<void(const std::string&)>& log) {
  OneStageDetector& detector = *setup.detector.network;
  const DetectionBatch batch = small_batch(setup);
  return check_overfits(detector, setup.recipe.training,
                        {.images = batch.images.extent(0),
                         .loss = [&] { return detection_loss(detector, batch, setup.options.precision); },
                         .wanted = [](double first) { return kFittedDetectionLoss * first; }},
                        log);
}

/// Says each check as it is made.
class ReportBuilder {
 public:
  explicit ReportBuilder(const TrainEnvironment& environment) : environment_(environment) {}

  void log(const std::string& line) const {
    if (environment_.log) environment_.log(line);
  }
  void add(SanityCheck check) {
    log(fmt::format("{}  {}: {}", check.passed ? "ok    " : "FAILED", check.name, check.statement));
    report_.checks.push_back(std::move(check));
  }
  /// Leaves check.json.
  SanityReport finish() {
    write_json_file(environment_.out / "check.json", to_json(report_));
    return std::move(report_);
  }

 private:
  const TrainEnvironment& environment_;
  SanityReport report_;
};

}  // namespace

bool SanityReport::passed() const {
  return std::all_of(checks.begin(), checks.end(), [](const SanityCheck& check) { return check.passed; });
}

SanityReport check_training(const ClassifierRecipe& recipe, const TrainEnvironment& environment) {
  TrainingSetup setup = set_up_training(recipe, environment);
  if (require_classifier(setup.recipe.model).fitted)
    throw OptionError(fmt::format("{} learns at once: there is no training to check", setup.recipe.model));
  const std::vector<ImageBatch> batches = first_batches(setup, kBatches);
  save_batch_picture(environment.out / "plots" / "batch.png", batches.front(), setup);
  ReportBuilder report(environment);
  report.add(check_labels(setup));
  report.add(check_inputs(images_of(batches)));
  report.add(check_first_loss(setup, batches));
  report.add(check_regularization(setup.pipeline.network(), setup.recipe));
  report.add(check_overfits(setup, [&](const std::string& line) { report.log(line); }));
  return report.finish();
}

SanityReport check_training(const DetectorRecipe& recipe, const TrainEnvironment& environment) {
  DetectorSetup setup = set_up_detector(recipe, environment);
  const std::vector<DetectionBatch> batches = first_batches(setup, kBatches);
  save_batch_picture(environment.out / "plots" / "batch.png", batches.front(), setup);
  ReportBuilder report(environment);
  report.add(check_objects(setup));
  report.add(check_inputs(images_of(batches), kDetectorInputs));
  report.add(check_first_loss(setup, batches.front()));
  report.add(check_regularization(*setup.detector.network, setup.recipe.training));
  report.add(check_overfits(setup, [&](const std::string& line) { report.log(line); }));
  return report.finish();
}

Json to_json(const SanityReport& report) {
  Json checks = Json::array();
  for (const SanityCheck& check : report.checks) checks.push_back(to_json(check));
  return {{"passed", report.passed()}, {"checks", checks}};
}

}  // namespace fovea
