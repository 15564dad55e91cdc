// Training a detector.
#pragma once

#include <memory>

#include "fovea/detection/evaluate_detector.hpp"
#include "fovea/training/trainer.hpp"

namespace fovea {

struct DetectionTaskOptions {
  DetectionBatchOptions batches;
  PostProcessingOptions post_processing = evaluation_post_processing();  ///< of what is validated
  DType precision = DType::f32;  ///< of activations and their gradients: f32 or bf16; weights, sums and the loss are f32
  StopToken stop = {};           ///< ends a validation between two batches
};

/// The loss of a detector on pictures with objects. Validation reports val_loss, each of its terms (val_box_loss, ...), val_AP and val_AP50
/// by COCO's protocol, and val_AP50_voc12 by VOC's; a mean over no class counts as 0.
class DetectionTask final : public TrainingTask {
 public:
  /// The data sets and the detector outlive the task. Throws OptionError when a split is empty, the batch is less than 1, or the mosaic's
  /// probability is not in [0, 1].
  DetectionTask(OneStageDetector& detector, const AnnotatedDataset& train, const AnnotatedDataset& validation,
                const DetectionTaskOptions& options);
  ~DetectionTask() override;

  Module& model() override { return detector_; }
  std::int64_t steps_per_epoch() const override;
  void begin_epoch(std::int64_t epoch, std::int64_t first_batch) override;
  Step next_step() override;
  Metrics validate() override;
  Step repeat_step() override;
  std::vector<std::string> sample_names() const override;
  void visit_batch(const StateArchive& archive) override { fovea::visit_state(batch_, archive); }
  std::vector<std::string> metric_names() const override;

 private:
  OneStageDetector& detector_;
  const AnnotatedDataset& train_;
  const AnnotatedDataset& validation_;
  DetectionTaskOptions options_;
  std::unique_ptr<BatchLoader<DetectionBatch>> loader_;
  DetectionBatch batch_;  ///< the last one
};

}  // namespace fovea
