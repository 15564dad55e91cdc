// Checks that every training makes in its first seconds.
#pragma once

#include <span>
#include <vector>

#include "fovea/pipelines/sanity_check.hpp"
#include "training_setup.hpp"

namespace fovea {

Json to_json(const SanityCheck& check);

/// Without reading an image.
SanityCheck check_labels(const TrainingSetup& setup);

/// What a network's inputs may be, channel by channel.
struct InputLimits {
  double largest_mean = 0.5;  ///< in magnitude
  double least_deviation = 0.5, largest_deviation = 2;
  const char* wanted = "near 0 +- 1";
};

/// Of the images [N,H,W,C] that the first batches hold.
SanityCheck check_inputs(std::span<const Tensor> images, const InputLimits& limits = {});

/// The images of batches.
template <class Batch>
std::vector<Tensor> images_of(const std::vector<Batch>& batches) {
  std::vector<Tensor> images;
  for (const Batch& batch : batches) images.push_back(batch.images);
  return images;
}

/// Of a loss at the first weights.
SanityCheck check_initial_loss(double loss, std::int64_t classes, bool weights_are_new);

/// The first batches of a training, augmented and mixed as they will be.
std::vector<ImageBatch> first_batches(const TrainingSetup& setup, std::int64_t count);

/// The images of a batch as the network gets them, with their labels, of mixed ones their shares.
void save_batch_picture(const std::filesystem::path& file, const ImageBatch& batch, const TrainingSetup& setup);

}  // namespace fovea
