#include "sanity_parts.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "fovea/vision/contact_sheet.hpp"
#include "fovea/vision/image_writer.hpp"

namespace fovea {

namespace {

std::vector<std::int64_t> images_by_class(const ClassificationDataset& dataset) {
  std::vector<std::int64_t> counts(dataset.labels().size());
  for (std::int64_t i = 0; i < dataset.size(); ++i) {
    const std::int64_t label = dataset.label(i);
    if (label >= 0 && label < static_cast<std::int64_t>(counts.size())) ++counts[static_cast<std::size_t>(label)];
  }
  return counts;
}

/// "cat", or of a mixed image "0.70 cat, 0.30 dog".
std::string label_text(const ImageBatch& batch, std::int64_t i, const std::vector<std::string>& labels) {
  if (!batch.distributions.defined()) return labels[static_cast<std::size_t>(batch.labels.data<std::int64_t>()[i])];
  const auto classes = static_cast<std::size_t>(batch.distributions.extent(1));
  const auto row = batch.distributions.span<float>().subspan(static_cast<std::size_t>(i) * classes, classes);
  std::vector<std::string> parts;
  for (std::size_t c = 0; c < classes; ++c) {
    if (row[c] == 1) return labels[c];
    if (row[c] > 0) parts.push_back(fmt::format("{:.2f} {}", row[c], labels[c]));
  }
  return fmt::format("{}", fmt::join(parts, ", "));
}

}  // namespace

Json to_json(const SanityCheck& check) {
  Json json = {{"name", check.name}, {"passed", check.passed}, {"statement", check.statement}};
  for (const auto& [name, value] : check.values) json[name] = value;
  return json;
}

SanityCheck check_labels(const TrainingSetup& setup) {
  const ClassificationDataset &train = setup.train(), &validation = setup.validation();
  const std::vector<std::int64_t> training = images_by_class(train), validating = images_by_class(validation);
  const auto sum = [](const std::vector<std::int64_t>& counts) {
    std::int64_t total = 0;
    for (const std::int64_t count : counts) total += count;
    return total;
  };
  std::vector<std::string> missing;
  for (std::size_t c = 0; c < training.size(); ++c)
    if (training[c] == 0) missing.push_back(train.labels()[c]);
  const std::int64_t out_of_range = train.size() - sum(training) + validation.size() - sum(validating);
  const auto [least, most] = std::minmax_element(training.begin(), training.end());
  SanityCheck check{.name = "labels", .passed = missing.empty() && out_of_range == 0, .statement = {}, .values = {}};
  check.statement = fmt::format("{} classes, {} to {} training images each", training.size(), *least, *most);
  if (!missing.empty()) check.statement += fmt::format("; without any: {}", fmt::join(missing, ", "));
  if (out_of_range > 0) check.statement += fmt::format("; {} labels are out of range", out_of_range);
  check.values = {{"classes", static_cast<double>(training.size())},
                  {"least_images", static_cast<double>(*least)},
                  {"most_images", static_cast<double>(*most)},
                  {"missing_classes", static_cast<double>(missing.size())},
                  {"out_of_range", static_cast<double>(out_of_range)}};
  return check;
}

SanityCheck check_inputs(std::span<const Tensor> images, const InputLimits& limits) {
  const auto channels = static_cast<std::size_t>(images.front().extent(-1));
  std::vector<double> sums(channels), squares(channels);
  double count = 0;
  for (const Tensor& batch : images) {
    const auto values = batch.span<float>();
    for (std::size_t i = 0; i < values.size(); ++i) {
      sums[i % channels] += static_cast<double>(values[i]);
      squares[i % channels] += static_cast<double>(values[i]) * static_cast<double>(values[i]);
    }
    count += static_cast<double>(values.size() / channels);
  }
  SanityCheck check{.name = "inputs", .passed = true, .statement = {}, .values = {}};
  std::vector<std::string> parts;
  for (std::size_t c = 0; c < channels; ++c) {
    const double mean = sums[c] / count, deviation = std::sqrt(std::max(0.0, squares[c] / count - mean * mean));
    check.passed = check.passed && std::abs(mean) <= limits.largest_mean && deviation >= limits.least_deviation &&
                   deviation <= limits.largest_deviation;
    parts.push_back(fmt::format("{:.2f} +- {:.2f}", mean, deviation));
    check.values.emplace_back(fmt::format("mean_{}", c), mean);
    check.values.emplace_back(fmt::format("deviation_{}", c), deviation);
  }
  check.statement = fmt::format("mean and deviation by channel: {} (wanted: {})", fmt::join(parts, ", "), limits.wanted);
  return check;
}

SanityCheck check_initial_loss(double loss, std::int64_t classes, bool weights_are_new) {
  const double even = std::log(static_cast<double>(classes));
  // First weights of the usual size give logits of a deviation near 1, which costs a little; inputs or weights of a wrong size cost tens.
  constexpr double kRandomLogits = 3;
  const bool passed = std::isfinite(loss) && loss <= even + kRandomLogits && (!weights_are_new || loss >= 0.5 * even);
  return {.name = "initial_loss",
          .passed = passed,
          .statement = fmt::format("{:.4f}, even odds among {} classes give log {} = {:.4f}", loss, classes, classes, even),
          .values = {{"loss", loss}, {"log_classes", even}}};
}

std::vector<ImageBatch> first_batches(const TrainingSetup& setup, std::int64_t count) {
  ImageBatchOptions options = setup.options.batches;
  options.workers = 0;
  const ClassificationDataset& train = setup.train();
  const auto loader = load_batches(train, epoch_order(train.size(), options.seed, 0), 0, options);
  std::vector<ImageBatch> batches;
  for (std::int64_t i = 0; i < std::min(count, loader->batches()); ++i) batches.push_back(loader->next());
  return batches;
}

void save_batch_picture(const std::filesystem::path& file, const ImageBatch& batch, const TrainingSetup& setup) {
  constexpr std::int64_t kMostTiles = 64;
  std::vector<Tile> tiles;
  for (std::int64_t i = 0; i < std::min(batch.images.extent(0), kMostTiles); ++i)
    tiles.push_back(
        {.image = setup.pipeline.preprocessing().to_image(batch.images, i), .caption = label_text(batch, i, setup.data.labels)});
  save_image(file, draw_contact_sheet({.title = "the first training batch, as the network gets it"}, tiles));
}

}  // namespace fovea
