// Training a detector.
#pragma once

#include <memory>

#include "fovea/detection/evaluate_detector.hpp"
#include "fovea/training/batched_task.hpp"

namespace fovea {

struct DetectionTaskOptions {
  DetectionBatchOptions batches;
  PostProcessingOptions post_processing = evaluation_post_processing();  ///< of what is validated
  DType precision = DType::f32;  ///< of activations and their gradients: f32 or bf16; weights, sums and the loss are f32
  StopToken stop = {};           ///< ends a validation between two batches
};

/// The sum of the loss's terms of `detector` on a batch, computed in `precision`.
Variable detection_loss(OneStageDetector& detector, const DetectionBatch& batch, DType precision);

/// The loss of a detector on pictures with objects. Validation reports val_loss, each of its terms (val_box_loss, ...), val_AP and val_AP50
/// by COCO's protocol, and val_AP50_voc12 by VOC's; a mean over no class counts as 0.
class DetectionTask final : public BatchedTask<DetectionBatch> {
 public:
  /// The data sets and the detector outlive the task. Throws OptionError when a split is empty, the batch is less than 1, the mosaic's
  /// probability is not in [0, 1], or as input_sizes().
  DetectionTask(OneStageDetector& detector, const AnnotatedDataset& train, const AnnotatedDataset& validation,
                const DetectionTaskOptions& options);

  Module& model() override { return detector_; }
  Metrics validate() override;
  std::vector<std::string> metric_names() const override;

 private:
  Pass make_pass(std::int64_t epoch, std::int64_t first_batch) override;
  Variable loss(const DetectionBatch& batch) override { return detection_loss(detector_, batch, options_.precision); }
  std::string sample_name(std::int64_t index) const override;

  OneStageDetector& detector_;
  const AnnotatedDataset& train_;
  const AnnotatedDataset& validation_;
  DetectionTaskOptions options_;
};

}  // namespace fovea
