// A segmenter's numbers on a data set.
#pragma once

#include "fovea/base/stop_token.hpp"
#include "fovea/evaluation/segmentation_metrics.hpp"
#include "fovea/nn/module.hpp"
#include "fovea/segmentation/segmentation_batch.hpp"
#include "fovea/segmentation/segmentation_loss.hpp"

namespace fovea {

/// The losses of `network`, logits [N,H,W,classes], on a batch, computed in `precision` and f32 from the logits on. Logits of networks
/// without padding, which are smaller, are those of the middle of the image.
SegmentationLosses batch_losses(Layer& network, const SegmentationBatch& batch, const SegmentationLossOptions& options, DType precision);

/// How a segmenter is run on a data set.
struct SegmenterRun {
  SegmentationBatchOptions batches;  ///< without what is random: augmentation and seed are not looked at
  bool own_size = false;             ///< pictures keep their size, each is a batch of its own; else they come in the network's size
  SegmentationLossOptions loss = {};
  DType precision = DType::f32;
  StopToken stop = {};  ///< between two batches
};

struct SegmenterEvaluation {
  double loss = 0;  ///< the mean over the pictures of their batches' losses
  PixelConfusion confusion;
};

/// Runs `network` in the mode that it is in, without recording gradients. Pixels are counted in the original pictures: what was found is
/// brought back from the network's size, and where a network without padding or a crop gives nothing, nothing counts. Throws as
/// load_segmentation_batches, segmentation_loss and PixelConfusion; Stopped when it is asked to stop.
SegmenterEvaluation run_segmenter(Layer& network, const SegmentationDataset& dataset, const SegmenterRun& run);

}  // namespace fovea
