// Batches of labelled images, made ahead of their use.
#pragma once

#include <memory>
#include <vector>

#include "fovea/classification/batch_mixing.hpp"
#include "fovea/data/batch_loader.hpp"
#include "fovea/data/dataset.hpp"
#include "fovea/training/training_state.hpp"
#include "fovea/vision/augmentation.hpp"
#include "fovea/vision/preprocessing.hpp"

namespace fovea {

struct ImageBatch {
  Tensor images;              ///< [N,H,W,C] f32, preprocessed
  Tensor labels;              ///< [N] i64
  Tensor distributions = {};  ///< [N,classes] f32 when labels were mixed; then they stand for `labels`, which are what was there before
  std::vector<std::int64_t> indices = {};  ///< of the samples in the data set
};

/// Images, labels and distributions; not the indices, which say nothing without the data set.
void visit_state(ImageBatch& batch, StateArchive archive);

/// How samples become batches.
struct ImageBatchOptions {
  Preprocessing preprocessing;
  std::shared_ptr<const Augmentation> augmentation;  ///< null for none
  BatchMixingOptions mixing = {};
  std::int64_t batch = 64;
  std::uint64_t seed = 0;
  int workers = 1;  ///< 0: made in the calling thread
  /// Whether augmented pictures may come from JPEGs decoded at a part of their size (InputReader); others never do.
  bool reduced_decoding = false;
};

/// A pass over `dataset` in the given order from batch `first_batch` on; the last batch may be smaller. Augmentation of a sample depends on
/// (seed, epoch, its index in the data set) alone, so neither workers nor the order change it; mixing depends on (seed, epoch, number of
/// the batch).
std::unique_ptr<BatchLoader<ImageBatch>> load_batches(const ClassificationDataset& dataset, std::vector<std::int64_t> order,
                                                      std::int64_t epoch, const ImageBatchOptions& options, std::int64_t first_batch = 0);

}  // namespace fovea
