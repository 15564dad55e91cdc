// Training a segmenter.
#pragma once

#include "fovea/segmentation/evaluate_segmenter.hpp"
#include "fovea/training/batched_task.hpp"

namespace fovea {

struct SegmentationTaskOptions {
  SegmentationBatchOptions batches;
  SegmentationLossOptions loss = {};  ///< ignore_index is the data's
  bool validate_own_size = false;     ///< SegmenterRun::own_size: for networks that train on patches of larger pictures
  DType precision = DType::f32;       ///< of activations and their gradients: f32 or bf16; weights, sums and the loss are f32
  StopToken stop = {};                ///< ends a validation between two batches
};

/// The loss of a network on pictures with label maps. Validation reports val_loss, val_mIoU, val_pixel_accuracy and val_dice, of the
/// confusion matrix over all pixels (SegmentationMetrics).
class SegmentationTask final : public BatchedTask<SegmentationBatch> {
 public:
  /// The data sets and the network, logits [N,H,W,classes], outlive the task. Throws OptionError when a split is empty, the batch is less
  /// than 1, or the splits differ in their classes.
  SegmentationTask(Layer& network, const SegmentationDataset& train, const SegmentationDataset& validation,
                   const SegmentationTaskOptions& options);

  Module& model() override { return network_; }
  Metrics validate() override;
  std::vector<std::string> metric_names() const override { return {"val_loss", "val_mIoU", "val_pixel_accuracy", "val_dice"}; }

 private:
  Pass make_pass(std::int64_t epoch, std::int64_t first_batch) override;
  Variable loss(const SegmentationBatch& batch) override { return batch_losses(network_, batch, options_.loss, options_.precision).total; }
  std::string sample_name(std::int64_t index) const override { return train_.id(index); }

  Layer& network_;
  const SegmentationDataset& train_;
  const SegmentationDataset& validation_;
  SegmentationTaskOptions options_;
};

}  // namespace fovea
