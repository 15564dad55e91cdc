#include "training_parts.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <type_traits>

#include "fovea/base/error.hpp"
#include "fovea/base/text.hpp"
#include "fovea/training/adadelta.hpp"
#include "fovea/training/adagrad.hpp"
#include "fovea/training/adam.hpp"
#include "fovea/training/adamw.hpp"
#include "fovea/training/rmsprop.hpp"
#include "fovea/training/sgd.hpp"
#include "fovea/training/step_hooks.hpp"

namespace fovea {

namespace {

using Kind = ScheduleOptions::Kind;

struct NamedRate {
  const char* optimizer;
  double usual_rate;
};
constexpr NamedRate kOptimizers[] = {{"sgd", 0.05},     {"adam", 0.001},    {"adamw", 0.001},
                                     {"adagrad", 0.01}, {"rmsprop", 0.001}, {"adadelta", 1}};

struct NamedSchedule {
  const char* name;
  Kind kind;
};
constexpr NamedSchedule kSchedules[] = {{"constant", Kind::constant},
                                        {"step", Kind::step},
                                        {"multi-step", Kind::multi_step},
                                        {"exponential", Kind::exponential},
                                        {"inverse-time", Kind::inverse_time},
                                        {"linear", Kind::linear},
                                        {"polynomial", Kind::polynomial},
                                        {"cosine", Kind::cosine},
                                        {"cosine-restarts", Kind::cosine_restarts},
                                        {"one-cycle", Kind::one_cycle},
                                        {"plateau", Kind::constant}};

/// The entry of a list whose name (by `name_of`) is `name`; throws OptionError naming the nearest one.
template <class Entry, std::size_t N, class NameOf>
const Entry& entry_named(const char* kind, const std::string& name, const Entry (&entries)[N], NameOf name_of) {
  const auto* found = std::find_if(std::begin(entries), std::end(entries), [&](const Entry& entry) { return name == name_of(entry); });
  if (found != std::end(entries)) return *found;
  std::vector<std::string> known;
  for (const Entry& entry : entries) known.emplace_back(name_of(entry));
  throw OptionError(unknown_name_message(kind, name, known));
}

const NamedRate& optimizer_named(const std::string& name) {
  return entry_named("optimizer", name, kOptimizers, [](const NamedRate& entry) { return entry.optimizer; });
}

/// Options of a JSON object that are read one by one; what is left over at the end is an error.
class OptionReader {
 public:
  OptionReader(const std::string& text, std::string where) : json_(parse_json(text, where)), where_(std::move(where)) {}
  template <class T>
  OptionReader& read(const char* key, T& value) {
    known_.emplace_back(key);
    if (json_.is_object()) read_option(json_, key, value, where_);
    return *this;
  }
  void finish() const { require_known_keys(json_, known_, where_); }

 private:
  Json json_;
  std::string where_;
  std::vector<std::string> known_;
};

std::vector<ParameterGroup> groups_of(const ClassifierRecipe& recipe) {
  const Json list = parse_json(recipe.groups, "groups");
  if (!list.is_array()) throw OptionError("groups is a list of objects, each with a \"pattern\"");
  std::vector<ParameterGroup> groups;
  for (const Json& item : list) {
    ParameterGroup group;
    double decay = 0;
    OptionReader reader(item.dump(), "groups");
    reader.read("pattern", group.pattern).read("rate_factor", group.rate_factor).read("weight_decay", decay).read("frozen", group.frozen);
    reader.finish();
    if (item.contains("weight_decay")) group.weight_decay = decay;
    groups.push_back(std::move(group));
  }
  return groups;
}

std::unique_ptr<Optimizer> plain_optimizer(const ClassifierRecipe& recipe, std::vector<NamedParameter> parameters) {
  OptionReader reader(recipe.optimizer_options, "optimizer_options of " + recipe.optimizer);
  const auto make = [&]<class O, class Options>(std::type_identity<O>, Options options) -> std::unique_ptr<Optimizer> {
    options.weight_decay = recipe.weight_decay;
    reader.read("decay_biases_and_norms", options.decay_biases_and_norms).finish();
    return std::make_unique<O>(std::move(parameters), options);
  };
  if (recipe.optimizer == "sgd") {
    SgdOptions options{.momentum = recipe.momentum, .nesterov = recipe.nesterov && recipe.momentum > 0};
    reader.read("dampening", options.dampening).read("rate_in_velocity", options.rate_in_velocity);
    return make(std::type_identity<Sgd>{}, options);
  }
  if (recipe.optimizer == "adam") {
    AdamOptions options;
    reader.read("beta1", options.beta1).read("beta2", options.beta2).read("epsilon", options.epsilon);
    reader.read("epsilon_in_root", options.epsilon_in_root).read("amsgrad", options.amsgrad);
    return make(std::type_identity<Adam>{}, options);
  }
  if (recipe.optimizer == "adamw") {
    AdamWOptions options;
    reader.read("beta1", options.beta1).read("beta2", options.beta2).read("epsilon", options.epsilon);
    return make(std::type_identity<AdamW>{}, options);
  }
  if (recipe.optimizer == "adagrad") {
    AdagradOptions options;
    reader.read("rate_decay", options.rate_decay).read("initial_sum", options.initial_sum).read("epsilon", options.epsilon);
    return make(std::type_identity<Adagrad>{}, options);
  }
  if (recipe.optimizer == "rmsprop") {
    RmspropOptions options;
    reader.read("alpha", options.alpha)
        .read("epsilon", options.epsilon)
        .read("momentum", options.momentum)
        .read("centered", options.centered);
    return make(std::type_identity<Rmsprop>{}, options);
  }
  AdadeltaOptions options;
  reader.read("rho", options.rho).read("epsilon", options.epsilon);
  return make(std::type_identity<Adadelta>{}, options);
}

bool augments_by(const ClassifierRecipe& recipe, const char* name) {
  return std::find(recipe.augment.begin(), recipe.augment.end(), name) != recipe.augment.end();
}

}  // namespace

double learning_rate_of(const ClassifierRecipe& recipe) {
  const double usual = optimizer_named(recipe.optimizer).usual_rate;
  return recipe.learning_rate == 0 ? usual : recipe.learning_rate;
}

std::unique_ptr<Optimizer> optimizer_for(const ClassifierRecipe& recipe, std::vector<NamedParameter> parameters) {
  optimizer_named(recipe.optimizer);  // throws when there is none
  const std::vector<ParameterGroup> groups = groups_of(recipe);
  const bool any = !parameters.empty();
  std::unique_ptr<Optimizer> optimizer = plain_optimizer(recipe, std::move(parameters));
  if (any) optimizer->set_groups(groups);
  return optimizer;
}

ScheduleChoice schedule_for(const ClassifierRecipe& recipe, std::int64_t updates_per_epoch) {
  const Kind kind = entry_named("schedule", recipe.schedule, kSchedules, [](const NamedSchedule& entry) { return entry.name; }).kind;
  const auto epoch = static_cast<double>(updates_per_epoch);
  const auto steps = [&](double epochs) { return static_cast<std::int64_t>(std::llround(epochs * epoch)); };
  OptionReader reader(recipe.schedule_options, "schedule_options of " + recipe.schedule);
  ScheduleOptions options{.kind = kind, .learning_rate = learning_rate_of(recipe), .factor = recipe.step_factor};
  options.total_steps = recipe.epochs * updates_per_epoch;
  options.step_every = steps(recipe.step_epochs);
  if (kind != Kind::one_cycle)
    options.warmup_steps = std::min(steps(recipe.warmup_epochs), options.total_steps - 1);  // one step at the full rate
  std::string warmup = "linear";
  reader.read("warmup", warmup).read("warmup_factor", options.warmup_factor);
  const std::vector<std::string> warmups = {"linear", "constant"};
  if (std::find(warmups.begin(), warmups.end(), warmup) == warmups.end())
    throw OptionError(unknown_name_message("warmup", warmup, warmups));
  if (warmup == "constant") options.warmup = ScheduleOptions::WarmUp::constant;

  std::vector<double> milestones;
  double factor = kind == Kind::exponential ? 0.95 : 0.1, decay = 0.1, period = 10;
  PlateauOptions plateau;
  std::string metric = "val_loss";
  if (kind == Kind::multi_step) reader.read("milestones", milestones).read("factor", factor);
  if (kind == Kind::exponential) reader.read("factor", factor);
  if (kind == Kind::inverse_time) reader.read("decay", decay);
  if (kind == Kind::linear || kind == Kind::polynomial || kind == Kind::cosine || kind == Kind::cosine_restarts)
    reader.read("final_rate", options.final_rate);
  if (kind == Kind::polynomial) reader.read("power", options.power);
  if (kind == Kind::cosine_restarts) reader.read("period_epochs", period).read("period_factor", options.period_factor);
  if (kind == Kind::one_cycle) {
    reader.read("rising_share", options.rising_share).read("initial_divisor", options.initial_divisor);
    reader.read("final_divisor", options.final_divisor).read("linear", options.linear_cycle).read("three_phases", options.three_phases);
  }
  if (recipe.schedule == "plateau") {
    reader.read("metric", metric).read("factor", plateau.factor).read("patience", plateau.patience).read("threshold", plateau.threshold);
    reader.read("relative", plateau.relative).read("cooldown", plateau.cooldown).read("minimum", plateau.minimum);
    plateau.larger_is_better = metric != "val_loss";
    ReduceOnPlateau(1, plateau);  // throws on what is out of range
  }
  reader.finish();

  // Milestones are epochs of the training, and the schedule counts from the end of the warm-up.
  for (const double milestone : milestones) options.milestones.push_back(steps(milestone) - options.warmup_steps);
  if (kind == Kind::multi_step) options.factor = factor;
  if (kind == Kind::exponential) options.factor = std::pow(factor, 1 / epoch);
  options.decay = decay / epoch;
  options.period = std::max<std::int64_t>(steps(period), kind == Kind::cosine_restarts && period > 0 ? 1 : 0);
  ScheduleChoice choice{.schedule = Schedule(options), .plateau = {}, .plateau_metric = {}};
  if (recipe.schedule == "plateau") {
    choice.plateau = plateau;
    choice.plateau_metric = metric;
  }
  return choice;
}

void add_step_hooks(Trainer& trainer, const Optimizer& optimizer, const ClassifierRecipe& recipe) {
  const std::vector<NamedParameter>& parameters = optimizer.parameters();
  if (recipe.l1 != 0) trainer.add_hook(std::make_shared<PenaltyHook>(parameters, PenaltyOptions{.l1 = recipe.l1}));
  if (recipe.clip_norm != 0 || recipe.clip_value != 0)
    trainer.add_hook(std::make_shared<GradientClipHook>(parameters, recipe.clip_norm, recipe.clip_value));
  if (recipe.max_norm != 0) trainer.add_hook(std::make_shared<MaxNormHook>(parameters, recipe.max_norm));
}

BatchMixingOptions mixing_for(const ClassifierRecipe& recipe) {
  BatchMixingOptions options;
  if (augments_by(recipe, "mixup")) options.mixup_alpha = recipe.mixup_alpha;
  if (augments_by(recipe, "cutmix")) options.cutmix_alpha = recipe.cutmix_alpha;
  if (augments_by(recipe, "cutout")) options.cutout_share = recipe.cutout_share;
  return options;
}

bool selects_averages(const ClassifierRecipe& recipe) { return recipe.metric.starts_with("ema_"); }

void check_training_parts(const ClassifierRecipe& recipe, std::vector<std::string> metrics) {
  const std::size_t plain = metrics.size();
  for (std::size_t i = 0; i < plain && recipe.ema_decay > 0; ++i) metrics.push_back("ema_" + metrics[i]);
  if (!recipe.metric.empty() && std::find(metrics.begin(), metrics.end(), recipe.metric) == metrics.end())
    throw OptionError(unknown_name_message("metric", recipe.metric, metrics) +
                      (selects_averages(recipe) ? "; averages want an ema_decay" : ""));
  if (recipe.snapshots && recipe.schedule != "cosine-restarts")
    throw OptionError(
        fmt::format("snapshots are taken at the ends of cycles: expected the schedule cosine-restarts, found {}", recipe.schedule));
  optimizer_for(recipe, {});
  schedule_for(recipe, 100);
  const auto require = [](const char* key, double value, bool fits, const char* wanted) {
    if (!fits) throw OptionError(fmt::format("{} is {}, found {}", key, wanted, value));
  };
  require("accumulate", static_cast<double>(recipe.accumulate), recipe.accumulate >= 1, "at least 1");
  require("patience", static_cast<double>(recipe.patience), recipe.patience >= 0, "at least 0");
  require("log_every", static_cast<double>(recipe.log_every), recipe.log_every >= 0, "at least 0");
  for (const auto& [key, value] :
       {std::pair{"clip_norm", recipe.clip_norm}, {"clip_value", recipe.clip_value}, {"l1", recipe.l1}, {"max_norm", recipe.max_norm}})
    require(key, value, value >= 0, "at least 0");
  require("ema_decay", recipe.ema_decay, recipe.ema_decay >= 0 && recipe.ema_decay < 1, "in [0, 1)");
  require("mixup_alpha", recipe.mixup_alpha, recipe.mixup_alpha > 0, "positive");
  require("cutmix_alpha", recipe.cutmix_alpha, recipe.cutmix_alpha > 0, "positive");
  require("cutout_share", recipe.cutout_share, recipe.cutout_share > 0 && recipe.cutout_share <= 1, "in (0, 1]");
}

}  // namespace fovea
