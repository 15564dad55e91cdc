// The page of this instruction set's kernels.
#include "cpu/isa_kernels.hpp"

namespace fovea::kernels::FOVEA_ISA_NAMESPACE {

namespace {

template <class T>
constexpr Pool2dKernels<T> kPool2d = {.max_forward = max_pool2d_forward<T>,
                                      .max_backward = max_pool2d_backward<T>,
                                      .average_forward = average_pool2d_forward<T>,
                                      .average_backward = average_pool2d_backward<T>};
template <class T>
constexpr WindowPool2dKernels<T> kWindowPool2d = {.max_forward = window_max_pool2d_forward<T>,
                                                  .max_backward = window_max_pool2d_backward<T>,
                                                  .average_forward = window_average_pool2d_forward<T>,
                                                  .average_backward = window_average_pool2d_backward<T>};
template <class T>
constexpr BatchNormKernels<T> kBatchNorm = {.workspace_bytes = batch_norm_workspace_bytes,
                                            .statistics = batch_norm_statistics<T>,
                                            .normalize = batch_norm_normalize<T>,
                                            .backward = batch_norm_backward<T>,
                                            .backward_fixed = batch_norm_backward_fixed<T>};
template <class T>
constexpr ElementwiseKernels<T> kElementwise = {.add = add<T>,
                                                .subtract = subtract<T>,
                                                .multiply = multiply<T>,
                                                .affine = affine<T>,
                                                .relu = relu<T>,
                                                .relu_backward = relu_backward<T>,
                                                .dropout = dropout<T>};
template <class T>
constexpr BroadcastKernels<T> kBroadcast = {.add = broadcast_add<T>,
                                            .multiply = broadcast_multiply<T>,
                                            .sum_workspace_bytes = broadcast_sum_workspace_bytes,
                                            .sum = broadcast_sum<T>};
template <class T>
constexpr ActivationKernels<T> kActivation = {.forward = activation_forward<T>,
                                              .backward = activation_backward<T>,
                                              .prelu_forward = prelu_forward<T>,
                                              .prelu_workspace_bytes = prelu_workspace_bytes,
                                              .prelu_backward = prelu_backward<T>,
                                              .glu_forward = glu_forward<T>,
                                              .glu_backward = glu_backward<T>};
template <class T>
constexpr GroupNormKernels<T> kGroupNorm = {
    .workspace_bytes = group_norm_workspace_bytes, .forward = group_norm_forward<T>, .backward = group_norm_backward<T>};
template <class T>
constexpr ReduceKernels<T> kReduce = {.sum_workspace_bytes = sum_workspace_bytes,
                                      .sum = sum<T>,
                                      .sum_rows_workspace_bytes = sum_rows_workspace_bytes,
                                      .sum_rows = sum_rows<T>};

}  // namespace

constinit const KernelTable kTable = {
    .name = nullptr,  // table.cpp's to give
    .f32 = {.matmul = {.workspace_bytes = matmul_workspace_bytes, .forward = matmul_forward},
            .conv2d = {.kernel_name = conv2d_kernel_name,
                       .filter_layout = conv2d_filter_layout,
                       .packed_filter_bytes = conv2d_packed_filter_bytes,
                       .pack_filter = conv2d_pack_filter,
                       .workspace_bytes = conv2d_workspace_bytes,
                       .forward = conv2d_forward,
                       .backward_data = conv2d_backward_data,
                       .backward_filter = conv2d_backward_filter},
            .pool2d = kPool2d<float>,
            .window_pool2d = kWindowPool2d<float>,
            .resample2d = {.apply = resample2d<float>},
            .batch_norm = kBatchNorm<float>,
            .group_norm = kGroupNorm<float>,
            .elementwise = kElementwise<float>,
            .broadcast = kBroadcast<float>,
            .activation = kActivation<float>,
            .reduce = kReduce<float>,
            .softmax = {.forward = softmax_forward,
                        .backward = softmax_backward,
                        .cross_entropy = cross_entropy,
                        .cross_entropy_backward = cross_entropy_backward},
            .optimizer = {.sgd = sgd, .adamw = adamw, .adam = adam, .adagrad = adagrad, .rmsprop = rmsprop, .adadelta = adadelta},
            .distance = {.rows = row_distances},
            .box_overlap = {.pairs = box_overlap_pairs, .any_above = any_box_above}},
    .f64 = {},
    .bf16 = {.pool2d = kPool2d<bf16>,
             .window_pool2d = kWindowPool2d<bf16>,
             .resample2d = {.apply = resample2d<bf16>},
             .batch_norm = kBatchNorm<bf16>,
             .group_norm = kGroupNorm<bf16>,
             .elementwise = kElementwise<bf16>,
             .broadcast = kBroadcast<bf16>,
             .activation = kActivation<bf16>,
             .reduce = kReduce<bf16>},
    .conversion = {.f32_to_bf16 = f32_to_bf16, .bf16_to_f32 = bf16_to_f32},
};

}  // namespace fovea::kernels::FOVEA_ISA_NAMESPACE
