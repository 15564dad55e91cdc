// The linear softmax classifier.
#pragma once

#include "fovea/nn/linear.hpp"

namespace fovea {

struct LinearClassifierOptions {
  std::int64_t height = 28, width = 28, channels = 1;  ///< of the input
  std::int64_t classes = 10;
};

/// One fully connected layer on all values of an image: [N,H,W,C] -> logits [N,classes]; with a softmax cross entropy, multinomial logistic
/// regression. Child fc, whose columns are channels first in files.
class LinearClassifier final : public Layer {
 public:
  explicit LinearClassifier(const LinearClassifierOptions& options = {});
  Variable forward(const Variable& x) override;

  Linear fc;
};

}  // namespace fovea
