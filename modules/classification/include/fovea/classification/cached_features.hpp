// What the frozen part of a network computes of labelled images, computed once.
#pragma once

#include <string>
#include <vector>

#include "fovea/base/stop_token.hpp"
#include "fovea/classification/image_batch.hpp"
#include "fovea/nn/network_top.hpp"

namespace fovea {

/// All of a data set in memory.
struct CachedFeatures {
  Tensor features;                   ///< [images, ...]: what the top of the network gets, of the type of the activations
  Tensor labels;                     ///< [images] i64
  std::vector<std::string> ids;      ///< of the images
  std::vector<std::string> classes;  ///< their names

  std::int64_t size() const { return labels.extent(0); }
  /// The images at `indices`, in that order; `images` holds their features.
  ImageBatch batch(std::vector<std::int64_t> indices) const;
};

/// Runs the network, in evaluation mode, on every image without augmentation or mixing. Throws OptionError when the data set is empty, when
/// options augment or mix, as features are those of one picture, or when the top does not give what the network gives
/// (network_top_agrees()); Stopped when it was asked to stop.
CachedFeatures cache_features(Layer& network, const NetworkTop& top, const ClassificationDataset& dataset, const ImageBatchOptions& options,
                              DType precision = DType::f32, const StopToken& stop = {});

}  // namespace fovea
