#include "recipe_flags.hpp"

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

namespace fovea::cli {

void RecipeFlags::add_to(CLI::App& command) {
  command.add_option("--task", task.value, "classify or detect (classify)");
  command.add_option("--data", data.value, "idx:DIR, folder:DIR or csv:FILE; detect: voc:DIR, yolo:DIR, coco:FILE or csv:FILE");
  command.add_option("--names", names.value, "file with one class name per line, for data that has none");
  command.add_option("--model", model.value,
                     "a classifier: lenet5, resnet-mini, resnet18, ... (fovea inspect NAME shows one); a detector: yolo-grid, yolov3-tiny, "
                     "yolov3, center-tiny, center-mobile");
  command.add_option("--model-options", model_options.value, "JSON, for instance {\"blocks\":2}");
  command.add_option("--weights", weights.value, "begin with these weights (.fovea or safetensors), not with random ones");
  command.add_option("--allow", allow.value, "of --weights, what need not fit: patterns of names; head: the last layer begins anew")
      ->delimiter(',');
  command.add_option("--freeze", freeze.value, "patterns of parameters that are not trained: 'conv1.*,layer?.*'")->delimiter(',');
  command.add_option("--cache-features", cache_features.value, "true: only the top is trained, on features computed once");
  command.add_option("--image-size", image_size.value, "N or WxH");
  command.add_option("--channels", channels.value, "1 (grey) or 3 (colour)");
  command.add_option("--resize", resize.value, "stretch, letterbox or center_crop");
  command
      .add_option("--augment", augment.value,
                  "list of flip, crop, resized-crop, affine, color-jitter, ..., mixup, cutmix, cutout; options in a recipe")
      ->delimiter(',');
  command.add_option("--reduced-decoding", reduced_decoding.value,
                     "true or false: augmented pictures from large JPEGs decoded at 1/2, 1/4 or 1/8 of their size (true)");
  command.add_option("--epochs", epochs.value, "passes over the training data (10)");
  command.add_option("--batch", batch.value, "images per step (64)");
  command.add_option("--optimizer", optimizer.value, "sgd, adam, adamw, adagrad, rmsprop or adadelta");
  command.add_option("--lr", learning_rate.value, "peak learning rate (0.05 sgd, 0.001 adam, adamw and rmsprop, 0.01 adagrad, 1 adadelta)");
  command.add_option("--momentum", momentum.value, "of sgd (0.9)");
  command.add_option("--nesterov", nesterov.value, "true or false: of sgd (true)");
  command.add_option("--weight-decay", weight_decay.value, "on weights, not on biases and norms (0.0005)");
  command.add_option(
      "--schedule", schedule.value,
      "constant, step, multi-step, exponential, inverse-time, linear, polynomial, cosine, cosine-restarts, one-cycle or plateau");
  command.add_option("--schedule-options", schedule_options.value, "JSON, for instance {\"period_epochs\":5}");
  command.add_option("--warmup-epochs", warmup_epochs.value, "linear warm-up (0.5)");
  command.add_option("--step-epochs", step_epochs.value, "step schedule: epochs between changes (5)");
  command.add_option("--step-factor", step_factor.value, "step schedule: factor (0.1)");
  command.add_option("--label-smoothing", label_smoothing.value, "in [0, 1) (0)");
  command.add_option("--ema-decay", ema_decay.value, "above 0: averages of the weights are validated beside them (0)");
  command.add_option(
      "--metric", metric.value,
      "what the best epoch is chosen by: val_loss, val_top1, val_top5; val_AP, val_AP50, ...; ema_val_... (val_top1, val_AP50)");
  command.add_option("--patience", patience.value, "end after so many epochs in a row that were not the best; 0: never (0)");
  command.add_option("--snapshots", snapshots.value, "true: keep the weights of each cycle's end of cosine-restarts");
  command.add_option("--log-every", log_every.value, "updates between log entries; 0: epochs only (20)");
  command.add_option("--config", config, "recipe.json; other flags override it");
}

ClassifierRecipe RecipeFlags::recipe(const SharedOptions& shared) const {
  ClassifierRecipe recipe = config.empty() ? ClassifierRecipe{} : ClassifierRecipe::from_json(read_json_file(config), config);
  apply_to(recipe, shared);
  return recipe;
}

std::string RecipeFlags::task_of_recipe() const {
  std::string name = "classify";
  if (!config.empty()) read_option(read_json_file(config), "task", name, config);
  task.apply(name);
  return name;
}

void RecipeFlags::apply_to(ClassifierRecipe& recipe, const SharedOptions& shared) const {
  task.apply(recipe.task);
  data.apply(recipe.data);
  names.apply(recipe.names);
  model.apply(recipe.model);
  model_options.apply(recipe.model_options);
  weights.apply(recipe.weights);
  allow.apply(recipe.allow);
  freeze.apply(recipe.freeze);
  cache_features.apply(recipe.cache_features);
  image_size.apply(recipe.image_size);
  channels.apply(recipe.channels);
  resize.apply(recipe.resize);
  augment.apply(recipe.augment);
  reduced_decoding.apply(recipe.reduced_decoding);
  epochs.apply(recipe.epochs);
  batch.apply(recipe.batch);
  optimizer.apply(recipe.optimizer);
  learning_rate.apply(recipe.learning_rate);
  momentum.apply(recipe.momentum);
  nesterov.apply(recipe.nesterov);
  weight_decay.apply(recipe.weight_decay);
  schedule.apply(recipe.schedule);
  schedule_options.apply(recipe.schedule_options);
  warmup_epochs.apply(recipe.warmup_epochs);
  step_epochs.apply(recipe.step_epochs);
  step_factor.apply(recipe.step_factor);
  label_smoothing.apply(recipe.label_smoothing);
  ema_decay.apply(recipe.ema_decay);
  metric.apply(recipe.metric);
  patience.apply(recipe.patience);
  snapshots.apply(recipe.snapshots);
  log_every.apply(recipe.log_every);
  if (shared.precision) recipe.precision = *shared.precision;
  if (shared.seed) recipe.seed = *shared.seed;
}

}  // namespace fovea::cli
