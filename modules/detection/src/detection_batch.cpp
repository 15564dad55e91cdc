#include "fovea/detection/detection_batch.hpp"

#include <algorithm>
#include <array>

#include "fovea/vision/input_transform.hpp"
#include "fovea/vision/mixed_samples.hpp"

namespace fovea {

namespace {

AnnotatedImage brought_to_size(const AnnotatedImage& sample, const DetectionBatchOptions& options) {
  const Preprocessing& p = options.preprocessing;
  if (sample.image.size() == cv::Size(p.width, p.height)) return sample;
  return transformed(*p.geometry(sample.image.size()), sample, options.annotations);
}

AnnotatedImage augmented(AnnotatedImage sample, const DetectionBatchOptions& options, RandomStream& stream) {
  if (!options.augmentation->sets_size()) sample = brought_to_size(sample, options);
  std::vector<Box> boxes;
  for (const AnnotatedObject& object : sample.objects) boxes.push_back(object.box);
  return transformed(*options.augmentation->draw_with(sample.image.size(), boxes, stream), sample, options.annotations);
}

/// The sample and three others that the stream draws.
AnnotatedImage mosaic_around(AnnotatedImage sample, const Dataset<AnnotatedImage>& dataset, const DetectionBatchOptions& options,
                             RandomStream& stream) {
  std::array<AnnotatedImage, 4> parts{std::move(sample)};
  for (std::size_t i = 1; i < parts.size(); ++i)
    parts[i] = dataset.get(static_cast<std::int64_t>(stream.below(static_cast<std::uint64_t>(dataset.size()))));
  return mosaic(parts, stream,
                {.output = {options.preprocessing.width, options.preprocessing.height},
                 .min_scale = options.smallest_mosaic_scale,
                 .pad_value = static_cast<double>(options.preprocessing.pad_value),
                 .annotations = options.annotations});
}

DetectionTargets targets_of(const AnnotatedImage& sample) {
  DetectionTargets targets;
  for (const AnnotatedObject& object : sample.objects) {
    targets.boxes.push_back(object.box);
    targets.labels.push_back(object.label);
  }
  return targets;
}

void append_sample(DetectionBatch& batch, const Dataset<AnnotatedImage>& dataset, std::int64_t index, std::int64_t epoch,
                   const DetectionBatchOptions& options) {
  AnnotatedImage sample = dataset.get(index);
  batch.sizes.push_back(sample.image.size());
  RandomStream stream = sample_stream(options.seed, epoch, index);
  if (options.mosaic > 0 && stream.uniform(0, 1) < options.mosaic) sample = mosaic_around(std::move(sample), dataset, options, stream);
  if (options.augmentation != nullptr) sample = augmented(std::move(sample), options, stream);
  sample = brought_to_size(sample, options);
  const Preprocessing& p = options.preprocessing;
  const std::int64_t image_size = std::int64_t{p.height} * p.width * p.channels;
  p.fill(sample.image, batch.images.mutable_data<float>() + std::ssize(batch.targets) * image_size);
  batch.targets.push_back(targets_of(sample));
  batch.indices.push_back(index);
}

/// As they are for one batch: at its size.
DetectionBatchOptions at_step(DetectionBatchOptions options, std::int64_t step) {
  Preprocessing& p = options.preprocessing;
  const cv::Size size = input_size_at(step, options.seed, {p.width, p.height}, options.multi_scale);
  p.width = size.width;
  p.height = size.height;
  return options;
}

}  // namespace

void visit_state(DetectionBatch& batch, StateArchive archive) {
  archive.any_tensor("images", batch.images);
  std::vector<double> counts, numbers;  // of objects; label, x1, y1, x2, y2 of each
  for (const DetectionTargets& target : batch.targets) {
    counts.push_back(static_cast<double>(target.boxes.size()));
    for (std::size_t i = 0; i < target.boxes.size(); ++i) {
      const Box& box = target.boxes[i];
      numbers.insert(numbers.end(), {static_cast<double>(target.labels[i]), box.x1, box.y1, box.x2, box.y2});
    }
  }
  archive.numbers("counts", counts);
  archive.numbers("objects", numbers);
  if (!archive.is_loading()) return;
  batch.targets.clear();
  auto number = numbers.begin();
  for (const double count : counts) {
    DetectionTargets& target = batch.targets.emplace_back();
    for (double i = 0; i < count && numbers.end() - number >= 5; ++i, number += 5) {
      target.labels.push_back(static_cast<std::int64_t>(number[0]));
      target.boxes.push_back(
          {static_cast<float>(number[1]), static_cast<float>(number[2]), static_cast<float>(number[3]), static_cast<float>(number[4])});
    }
  }
}

std::unique_ptr<BatchLoader<DetectionBatch>> load_detection_batches(const Dataset<AnnotatedImage>& dataset, std::vector<std::int64_t> order,
                                                                    std::int64_t epoch, const DetectionBatchOptions& options,
                                                                    std::int64_t first_batch) {
  const std::int64_t batches = (std::ssize(order) + options.batch - 1) / options.batch;
  const auto make = [&dataset, order = std::move(order), epoch, options, first_batch, batches](std::int64_t place) {
    const std::int64_t number = first_batch + place;
    const DetectionBatchOptions own = at_step(options, epoch * batches + number);
    const Preprocessing& p = own.preprocessing;
    const std::int64_t begin = number * own.batch, end = std::min(begin + own.batch, std::ssize(order));
    DetectionBatch batch{.images = Tensor::empty({end - begin, p.height, p.width, p.channels}), .targets = {}};
    for (std::int64_t i = begin; i < end; ++i) append_sample(batch, dataset, order[static_cast<std::size_t>(i)], epoch, own);
    return batch;
  };
  return std::make_unique<BatchLoader<DetectionBatch>>(batches - first_batch, make, BatchLoaderOptions{.workers = options.workers});
}

}  // namespace fovea
