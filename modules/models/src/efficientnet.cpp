#include "fovea/models/efficientnet.hpp"

#include <algorithm>
#include <array>

#include "fovea/autograd/ops/average_pool2d.hpp"
#include "fovea/models/conv_norm.hpp"
#include "fovea/models/inverted_residual.hpp"
#include "fovea/nn/dropout.hpp"
#include "fovea/nn/linear.hpp"

namespace fovea {

namespace {

struct Row {
  std::int64_t expansion, kernel, stride, width, blocks;
};
// Table 1, stages 2 to 8.
constexpr std::array<Row, 7> kRows = {
    {{1, 3, 1, 16, 1}, {6, 3, 2, 24, 2}, {6, 5, 2, 40, 2}, {6, 3, 2, 80, 3}, {6, 5, 1, 112, 3}, {6, 5, 2, 192, 4}, {6, 3, 1, 320, 1}}};
constexpr std::int64_t kStem = 32, kLast = 1280, kBlocks = 16;
constexpr std::int64_t kSqueeze = 4;  // squeezed channels are those before the block divided by this

}  // namespace

EfficientNet::EfficientNet(const EfficientNetOptions& o) : SequentialBackbone("efficientnet", o.classes) {
  std::int64_t channels = kStem, stride = 2, block = 0;
  add<ConvNorm>(o.channels, channels, ConvNormOptions{.kernel = 3, .stride = 2, .activation = ActivationKind::silu});
  for (const Row& row : kRows) {
    if (row.stride == 2) {
      end_stage(stride, channels);
      stride *= 2;
    }
    Sequential& stage = add<Sequential>();
    for (std::int64_t i = 0; i < row.blocks; ++i) {
      stage.emplace<InvertedResidual>(
          InvertedResidualOptions{.in_channels = channels,
                                  .expanded = channels * row.expansion,
                                  .out_channels = row.width,
                                  .kernel = row.kernel,
                                  .stride = i == 0 ? row.stride : 1,
                                  .squeezed = std::max<std::int64_t>(1, channels / kSqueeze),
                                  .activation = ActivationKind::silu,
                                  .squeeze = {.activation = ActivationKind::silu, .gate = ActivationKind::sigmoid},
                                  .drop = o.drop * static_cast<double>(block++) / static_cast<double>(kBlocks)});
      channels = row.width;
    }
  }
  add<ConvNorm>(channels, kLast, ConvNormOptions{.kernel = 1, .activation = ActivationKind::silu});
  end_stage(stride, kLast);
  if (!has_classifier()) return;
  classifier_.emplace<Dropout>(o.dropout);
  classifier_.emplace<Linear>(kLast, o.classes);
  register_module("classifier", classifier_);
}

Variable EfficientNet::classify(const Variable& features) { return classifier_(global_average_pool2d(features)); }

}  // namespace fovea
