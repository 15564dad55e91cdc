// Augmentations that look at a whole batch: images, and with them their labels, are mixed.
#pragma once

#include "fovea/base/random.hpp"
#include "fovea/tensor/tensor.hpp"

namespace fovea {

struct ImageBatch;

struct BatchMixingOptions {
  double mixup_alpha = 0;   ///< above 0: mix_up(); with cutmix as well, a coin decides for every batch
  double cutmix_alpha = 0;  ///< above 0: cut_mix()
  double cutout_share = 0;  ///< above 0: cut_out(), after the others

  bool any() const { return mixup_alpha > 0 || cutmix_alpha > 0 || cutout_share > 0; }
};

/// Every image becomes l x_i + (1 - l) x_j with another image j of the batch (a random permutation) and one l from Beta(alpha, alpha) for
/// the batch; the labels become distributions in the same proportion. Zhang et al. 2018, eq. 1. Throws OptionError unless alpha is
/// positive.
void mix_up(ImageBatch& batch, std::int64_t classes, double alpha, RandomStream& stream);

/// The same, but a rectangle of image j is put into image i at its place: its sides are sqrt(1 - l) of the image's, it is cut off at the
/// edges, and the label's share is its true area. Yun et al. 2019, eq. 1 and 2. Throws OptionError unless alpha is positive.
void cut_mix(ImageBatch& batch, std::int64_t classes, double alpha, RandomStream& stream);

/// A square of every image, its own each, becomes 0 (the mean colour, after standardisation): its side is `share` of the image's shorter
/// side, its centre is anywhere and what lies outside is cut off. Labels stay. DeVries and Taylor 2017, section 3.2. Throws OptionError
/// unless the share is in (0, 1].
void cut_out(ImageBatch& batch, double share, RandomStream& stream);

/// What the options ask for.
void mix_batch(ImageBatch& batch, std::int64_t classes, const BatchMixingOptions& options, RandomStream& stream);

}  // namespace fovea
