// Batches of pictures with a class for every pixel, made ahead of their use.
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "fovea/data/batch_loader.hpp"
#include "fovea/data/segmentation_dataset.hpp"
#include "fovea/training/training_state.hpp"
#include "fovea/vision/augmentation.hpp"
#include "fovea/vision/border_weights.hpp"
#include "fovea/vision/preprocessing.hpp"

namespace fovea {

struct SegmentationBatch {
  Tensor images;                           ///< [N,H,W,C] f32, preprocessed
  Tensor labels;                           ///< [N,H,W] i64: classes, or what the data set ignores, also where no picture is
  Tensor pixel_weights = {};               ///< [N,H,W] f32; undefined where all pixels weigh the same
  std::vector<std::int64_t> indices = {};  ///< of the samples in the data set
};

/// Images, labels and weights; not the indices, which say nothing without the data set.
void visit_state(SegmentationBatch& batch, StateArchive archive);

/// How samples become batches.
struct SegmentationBatchOptions {
  Preprocessing preprocessing;
  std::shared_ptr<const Augmentation> augmentation;  ///< null for none
  /// Weights that stress borders between objects that nearly touch; objects are connected pixels (of 8 neighbours) of any class but 0.
  std::optional<BorderWeightOptions> borders = {};
  std::int64_t batch = 8;
  std::uint64_t seed = 0;
  int workers = 1;  ///< 0: made in the calling thread
};

/// A pass over `dataset` in the given order from batch `first_batch` on; the last batch may be smaller. How a sample is changed depends on
/// (seed, epoch, its index in the data set) alone. An augmentation that sets the size, as one that cuts patches, sees the whole picture;
/// others see it in the network's size. Batches throw OptionError for samples without a picture.
std::unique_ptr<BatchLoader<SegmentationBatch>> load_segmentation_batches(const SegmentationDataset& dataset,
                                                                          std::vector<std::int64_t> order, std::int64_t epoch,
                                                                          const SegmentationBatchOptions& options,
                                                                          std::int64_t first_batch = 0);

}  // namespace fovea
