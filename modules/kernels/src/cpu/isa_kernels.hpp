// The kernels that are compiled once per instruction set, each in a namespace named after its set.
#pragma once

#include "cpu/matrix_kernels.hpp"
#include "fovea/kernels/kernel_table.hpp"

namespace fovea::kernels::FOVEA_ISA_NAMESPACE {

/// Every kernel of this instruction set (isa_table.cpp); empty slots are the reference's.
extern const KernelTable kTable;

void row_distances(Context&, const DistanceShape&, const float* a, const float* b, float* y);
void box_overlap_pairs(Context&, BoxOverlap, std::int64_t a_count, const BoxPlanes<float>& a, std::int64_t b_count,
                       const BoxPlanes<float>& b, float* y);
bool any_box_above(BoxOverlap, const BoxPlanes<float>& boxes, const BoxRun* runs, std::int64_t run_count, const float* box,
                   float threshold);

// For float and bf16:
template <class T>
void max_pool2d_forward(Context&, const Pool2dShape&, const T* x, T* y, std::int32_t* argmax);
template <class T>
void max_pool2d_backward(Context&, const Pool2dShape&, const T* dy, const std::int32_t* argmax, T* dx);
template <class T>
void average_pool2d_forward(Context&, const Pool2dShape&, const T* x, T* y);
template <class T>
void average_pool2d_backward(Context&, const Pool2dShape&, const T* dy, T* dx);
template <class T>
void window_max_pool2d_forward(Context&, const WindowPool2dShape&, const T* x, T* y, std::int32_t* argmax);
template <class T>
void window_max_pool2d_backward(Context&, const WindowPool2dShape&, const T* dy, const std::int32_t* argmax, T* dx);
template <class T>
void window_average_pool2d_forward(Context&, const WindowPool2dShape&, const T* x, T* y);
template <class T>
void window_average_pool2d_backward(Context&, const WindowPool2dShape&, const T* dy, T* dx);
template <class T>
void resample2d(Context&, const Resample2dShape&, const ResampleAxis<float>& rows, const ResampleAxis<float>& columns, const T* x, T* y);

std::size_t batch_norm_workspace_bytes(const BatchNormShape&);
template <class T>
void batch_norm_statistics(Context&, const BatchNormShape&, const T* x, float* mean, float* variance, void* workspace);
template <class T>
void batch_norm_normalize(Context&, const BatchNormShape&, const T* x, const float* mean, const float* inverse_deviation,
                          const float* gamma, const float* beta, const T* residual, Activation activation, T* y);
template <class T>
void batch_norm_backward(Context&, const BatchNormShape&, const T* x, BatchNormMask<T> mask, const T* dy, const float* mean,
                         const float* inverse_deviation, const float* gamma, T* dx, T* dresidual, float* dgamma, float* dbeta,
                         void* workspace);
template <class T>
void batch_norm_backward_fixed(Context&, const BatchNormShape&, const T* x, BatchNormMask<T> mask, const T* dy, const float* mean,
                               const float* inverse_deviation, const float* gamma, T* dx, T* dresidual, float* dgamma, float* dbeta,
                               void* workspace);

template <class T>
void add(Context&, std::int64_t count, const T* a, const T* b, T* y);
template <class T>
void subtract(Context&, std::int64_t count, const T* a, const T* b, T* y);
template <class T>
void multiply(Context&, std::int64_t count, const T* a, const T* b, T* y);
template <class T>
void affine(Context&, std::int64_t count, float alpha, float beta, const T* x, T* y);
template <class T>
void relu(Context&, std::int64_t count, const T* x, T* y);
template <class T>
void relu_backward(Context&, std::int64_t count, const T* y, const T* dy, T* dx);
template <class T>
void dropout(Context&, std::int64_t count, DropoutMask, float scale, const T* x, T* y);

template <class T>
void broadcast_add(Context&, const BroadcastShape&, const T* x, const T* b, T* y);
template <class T>
void broadcast_multiply(Context&, const BroadcastShape&, const T* x, const T* b, T* y);
std::size_t broadcast_sum_workspace_bytes(const BroadcastShape&);
template <class T>
void broadcast_sum(Context&, const BroadcastShape&, const T* a, const T* b, T* y, void* workspace);
template <class T>
void activation_forward(Context&, const ActivationFunction&, std::int64_t count, const T* x, T* y);
template <class T>
void activation_backward(Context&, const ActivationFunction&, std::int64_t count, const T* x, const T* dy, T* dx);

template <class T>
void prelu_forward(Context&, std::int64_t rows, std::int64_t channels, const T* x, const float* slope, T* y);
std::size_t prelu_workspace_bytes(std::int64_t rows, std::int64_t channels);
template <class T>
void prelu_backward(Context&, std::int64_t rows, std::int64_t channels, const T* x, const float* slope, const T* dy, T* dx, float* dslope,
                    void* workspace);
template <class T>
void glu_forward(Context&, std::int64_t rows, std::int64_t channels, const T* x, T* y);
template <class T>
void glu_backward(Context&, std::int64_t rows, std::int64_t channels, const T* x, const T* dy, T* dx);

std::size_t group_norm_workspace_bytes(const GroupNormShape&);
template <class T>
void group_norm_forward(Context&, const GroupNormShape&, const T* x, const float* gamma, const float* beta, double epsilon, float* mean,
                        float* inverse_deviation, T* y, void* workspace);
template <class T>
void group_norm_backward(Context&, const GroupNormShape&, const T* x, const T* dy, const float* mean, const float* inverse_deviation,
                         const float* gamma, T* dx, float* dgamma, float* dbeta, void* workspace);

std::size_t sum_workspace_bytes(std::int64_t count);
template <class T>
void sum(Context&, std::int64_t count, const T* x, float* y, void* workspace);
std::size_t sum_rows_workspace_bytes(std::int64_t rows, std::int64_t columns);
template <class T>
void sum_rows(Context&, std::int64_t rows, std::int64_t columns, std::int64_t pitch, const T* x, float* y, void* workspace);

void f32_to_bf16(Context&, std::int64_t count, const float* x, bf16* y);
void bf16_to_f32(Context&, std::int64_t count, const bf16* x, float* y);

void softmax_forward(Context&, std::int64_t rows, std::int64_t columns, const float* x, float* y);
void softmax_backward(Context&, std::int64_t rows, std::int64_t columns, const float* y, const float* dy, float* dx);
void cross_entropy(Context&, const CrossEntropyShape&, const float* logits, const std::int64_t* targets, const float* class_weights,
                   float* loss, float* normaliser, float* log_sum_exp);
void cross_entropy_backward(Context&, const CrossEntropyShape&, const float* logits, const std::int64_t* targets,
                            const float* class_weights, const float* log_sum_exp, const float* row_scale, float* dlogits);

void sgd(Context&, std::int64_t updates, const SgdUpdate<float>*);
void adamw(Context&, std::int64_t updates, const AdamWUpdate<float>*);
void adam(Context&, std::int64_t updates, const AdamUpdate<float>*);
void adagrad(Context&, std::int64_t updates, const AdagradUpdate<float>*);
void rmsprop(Context&, std::int64_t updates, const RmspropUpdate<float>*);
void adadelta(Context&, std::int64_t updates, const AdadeltaUpdate<float>*);

}  // namespace fovea::kernels::FOVEA_ISA_NAMESPACE
