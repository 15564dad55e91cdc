// Checks that every training makes in its first seconds.
#pragma once

#include "fovea/pipelines/sanity_check.hpp"
#include "training_setup.hpp"

namespace fovea {

Json to_json(const SanityCheck& check);

/// Without reading an image.
SanityCheck check_labels(const TrainingSetup& setup);

/// Of what the first batches hold.
SanityCheck check_inputs(const std::vector<ImageBatch>& batches);

/// Of a loss at the first weights.
SanityCheck check_initial_loss(double loss, std::int64_t classes, bool weights_are_new);

/// The first batches of a training, augmented and mixed as they will be.
std::vector<ImageBatch> first_batches(const TrainingSetup& setup, std::int64_t count);

/// The images of a batch as the network gets them, with their labels, of mixed ones their shares.
void save_batch_picture(const std::filesystem::path& file, const ImageBatch& batch, const TrainingSetup& setup);

}  // namespace fovea
