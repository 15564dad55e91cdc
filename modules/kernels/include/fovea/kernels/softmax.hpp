// Softmax over the last axis, and cross-entropy on logits without ever forming exp of a positive number.
#pragma once

#include <cstdint>

namespace fovea::kernels {

class Context;

/// Cross-entropy of rows of logits [rows, classes] against class indices.
struct CrossEntropyShape {
  std::int64_t rows, classes;
  std::int64_t ignore_index = -100;  ///< rows with this target have loss, weight and gradient 0
  double label_smoothing = 0;        ///< in [0,1): the target distribution is (1-s) one-hot + s/classes
};

template <class T>
struct SoftmaxKernels {
  /// y = softmax of each row of x [rows, columns]: exp(x - max) / sum.
  void (*forward)(Context&, std::int64_t rows, std::int64_t columns, const T* x, T* y);
  /// dx = y * (dy - sum(dy * y))
  void (*backward)(Context&, std::int64_t rows, std::int64_t columns, const T* y, const T* dy, T* dx);

  /// Per row: log_sum_exp[i], loss[i] = -sum over c of weight[c] * q[c] * log p[c] with q the smoothed target distribution, and
  /// normaliser[i] = weight[target] (what a weighted mean divides by). `class_weights` [classes] or null for ones.
  /// Targets are in [0, classes) or equal to ignore_index.
  void (*cross_entropy)(Context&, const CrossEntropyShape&, const T* logits, const std::int64_t* targets, const T* class_weights, T* loss,
                        T* normaliser, T* log_sum_exp);
  /// dlogits = row_scale[i] * d loss[i] / d logits
  void (*cross_entropy_backward)(Context&, const CrossEntropyShape&, const T* logits, const std::int64_t* targets, const T* class_weights,
                                 const T* log_sum_exp, const T* row_scale, T* dlogits);
};

}  // namespace fovea::kernels
