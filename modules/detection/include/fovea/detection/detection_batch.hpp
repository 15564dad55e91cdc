// Batches of pictures with objects, made ahead of their use.
#pragma once

#include <memory>
#include <opencv2/core/types.hpp>
#include <vector>

#include "fovea/data/batch_loader.hpp"
#include "fovea/data/dataset.hpp"
#include "fovea/detection/detector.hpp"
#include "fovea/detection/multi_scale.hpp"
#include "fovea/training/training_state.hpp"
#include "fovea/vision/annotated_image.hpp"
#include "fovea/vision/augmentation.hpp"
#include "fovea/vision/preprocessing.hpp"

namespace fovea {

struct DetectionBatch {
  Tensor images;                           ///< [N,H,W,C] f32, preprocessed
  std::vector<DetectionTargets> targets;   ///< of each image, in pixels of the network's input
  std::vector<cv::Size> sizes = {};        ///< of the pictures as they were read
  std::vector<std::int64_t> indices = {};  ///< of the samples in the data set
};

/// Images and targets; not the rest, which says nothing without the data set.
void visit_state(DetectionBatch& batch, StateArchive archive);

/// How samples become batches.
struct DetectionBatchOptions {
  Preprocessing preprocessing;
  std::shared_ptr<const Augmentation> augmentation;  ///< null for none
  double mosaic = 0;                                 ///< probability that a sample is made of itself and three others, in [0, 1]
  double smallest_mosaic_scale = 0.5;                ///< MosaicOptions::min_scale
  AnnotationOptions annotations = {};                ///< which objects are left in a changed picture
  MultiScaleOptions multi_scale = {};                ///< of whole batches
  std::int64_t batch = 16;
  std::uint64_t seed = 0;
  int workers = 1;  ///< 0: made in the calling thread
};

/// A pass over `dataset` in the given order from batch `first_batch` on; the last batch may be smaller. What a sample is made of and how it
/// is changed depends on (seed, epoch, its index in the data set) and on the size of its batch. An augmentation that sets the size sees the
/// whole picture, others see it in the network's size.
std::unique_ptr<BatchLoader<DetectionBatch>> load_detection_batches(const Dataset<AnnotatedImage>& dataset, std::vector<std::int64_t> order,
                                                                    std::int64_t epoch, const DetectionBatchOptions& options,
                                                                    std::int64_t first_batch = 0);

}  // namespace fovea
