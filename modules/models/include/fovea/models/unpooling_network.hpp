// Networks that go up again by the places of their maxima: SegNet and the deconvolution network.
#pragma once

#include <memory>
#include <vector>

#include "fovea/models/segmentation_network.hpp"
#include "fovea/nn/conv2d.hpp"
#include "fovea/nn/sequential.hpp"

namespace fovea {

struct UnpoolingNetworkOptions {
  std::int64_t channels = 3;  ///< of the input, which may have any size
  std::int64_t classes = 21;
  std::vector<std::int64_t> convolutions = {2, 2, 3, 3, 3};     ///< of the groups on the way down, and up again: VGG-16
  std::vector<std::int64_t> widths = {64, 128, 256, 512, 512};  ///< channels of the groups
  /// Channels of the two layers between the way down and the way up, which see windows of 7x7: 4096 in the deconvolution network; 0: none
  /// of them, SegNet.
  std::int64_t hidden = 0;
  EdgeFill edges = EdgeFill::mirror;
};

/// Badrinarayanan, Kendall and Cipolla, "SegNet", PAMI 2017, figure 2; with `hidden`, Noh, Hong and Han, "Learning deconvolution network
/// for semantic segmentation", ICCV 2015, figure 2 and table 2. Down: groups of 3x3 convolutions with batch norm and ReLU, a maximum of 2x2
/// after each, which remembers where it was. Up: each group in reverse order puts the values back at these places (max_unpool2d) and
/// convolves; its last convolution has the channels of the next group. SegNet's last convolution gives the scores; the deconvolution
/// network convolves by transposed filters, has 7x7 layers between and a 1x1 layer for the scores, and pads images to at least 7 elements
/// of the coarsest map. [N,H,W,C] -> logits [N,H,W,classes] for images of any size.
/// Children: features.N as in torchvision's VGG with batch norm, so that its weights fit; middle.fc6, .fc7, .up6; up.0 (the coarsest), ...;
/// score. Throws OptionError for options out of range.
class UnpoolingNetwork final : public SegmentationNetwork {
 public:
  explicit UnpoolingNetwork(const UnpoolingNetworkOptions& options = {});
  Padding padding_of(Extent2 image) const override;

 protected:
  Variable logits_of(const Variable& grown) override;

 private:
  void add_way_down(const UnpoolingNetworkOptions& options);
  void add_middle(std::int64_t channels, std::int64_t hidden);
  void add_way_up(const UnpoolingNetworkOptions& options);

  std::int64_t multiple_, least_;  // of an image's sides
  Sequential features_;
  std::vector<std::size_t> ends_;  // of the groups, in features_
  Sequential middle_;              // empty in SegNet
  ModuleList<Sequential> up_;
  std::unique_ptr<Conv2d> score_;
};

}  // namespace fovea
