#include "fovea/segmentation/segmentation_task.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "fovea/base/error.hpp"

namespace fovea {

SegmentationTask::SegmentationTask(Layer& network, const SegmentationDataset& train, const SegmentationDataset& validation,
                                   const SegmentationTaskOptions& options)
    : BatchedTask({.train = train.size(), .validation = validation.size(), .batch = options.batches.batch}),
      network_(network),
      train_(train),
      validation_(validation),
      options_(options) {
  if (train.labels() != validation.labels())
    throw OptionError(fmt::format("the splits have other classes: [{}] to train, [{}] to validate", fmt::join(train.labels(), ", "),
                                  fmt::join(validation.labels(), ", ")));
  options_.loss.ignore_index = train.ignored();
}

SegmentationTask::Pass SegmentationTask::make_pass(std::int64_t epoch, std::int64_t first_batch) {
  const std::shared_ptr<BatchLoader<SegmentationBatch>> loader =
      load_segmentation_batches(train_, epoch_order(train_.size(), options_.batches.seed, epoch), epoch, options_.batches, first_batch);
  return [loader] { return loader->next(); };
}

Metrics SegmentationTask::validate() {
  const SegmenterEvaluation found = run_segmenter(network_, validation_,
                                                  {.batches = options_.batches,
                                                   .own_size = options_.validate_own_size,
                                                   .loss = options_.loss,
                                                   .precision = options_.precision,
                                                   .stop = options_.stop});
  const SegmentationMetrics metrics = segmentation_metrics(found.confusion);
  return {{"val_loss", found.loss},
          {"val_mIoU", metrics.mean_iou},
          {"val_pixel_accuracy", metrics.pixel_accuracy},
          {"val_dice", metrics.mean_dice}};
}

}  // namespace fovea
