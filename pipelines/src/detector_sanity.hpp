// Checks that every training of a detector makes in its first seconds.
#pragma once

#include <cstdint>
#include <filesystem>
#include <vector>

#include "detector_setup.hpp"
#include "sanity_parts.hpp"

namespace fovea {

/// Pixels from 0 to 1, as Darknet has them, have a mean near a half and a deviation near a quarter.
inline constexpr InputLimits kDetectorInputs = {
    .largest_mean = 1, .least_deviation = 0.05, .largest_deviation = 2, .wanted = "at most 1 from 0, +- 0.05 to 2"};

/// Without reading an image: classes without training objects; boxes that are empty, or not in their image.
SanityCheck check_objects(const DetectorSetup& setup);

/// Of the loss in the first step of a training.
SanityCheck check_first_detection_loss(double loss);
/// The terms of the loss on a batch, and the loss if it held no objects. The network is in training mode.
SanityCheck check_initial_terms(DetectorSetup& setup, const DetectionBatch& batch);

/// The first batches of a training, changed as they will be.
std::vector<DetectionBatch> first_batches(const DetectorSetup& setup, std::int64_t count);
/// A fixed batch of training images as they are, of those with objects the first.
DetectionBatch small_batch(const DetectorSetup& setup);

/// The images of a batch as the network gets them, with their objects.
void save_batch_picture(const std::filesystem::path& file, const DetectionBatch& batch, const DetectorSetup& setup);

}  // namespace fovea
