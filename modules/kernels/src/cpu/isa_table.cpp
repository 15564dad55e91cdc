// The page of this instruction set's kernels.
#include "cpu/isa_kernels.hpp"

namespace fovea::kernels::FOVEA_ISA_NAMESPACE {

constinit const TypedKernels<float> kTable = {
    .matmul = {.workspace_bytes = matmul_workspace_bytes, .forward = matmul_forward},
    .conv2d = {.kernel_name = conv2d_kernel_name,
               .filter_layout = conv2d_filter_layout,
               .packed_filter_bytes = conv2d_packed_filter_bytes,
               .pack_filter = conv2d_pack_filter,
               .workspace_bytes = conv2d_workspace_bytes,
               .forward = conv2d_forward,
               .backward_data = conv2d_backward_data,
               .backward_filter = conv2d_backward_filter},
    .pool2d = {.max_forward = max_pool2d_forward,
               .max_backward = max_pool2d_backward,
               .average_forward = average_pool2d_forward,
               .average_backward = average_pool2d_backward},
    .batch_norm = {.workspace_bytes = batch_norm_workspace_bytes,
                   .statistics = batch_norm_statistics,
                   .normalize = batch_norm_normalize,
                   .backward = batch_norm_backward,
                   .backward_fixed = batch_norm_backward_fixed},
    .elementwise = {.add = add,
                    .subtract = subtract,
                    .multiply = multiply,
                    .affine = affine,
                    .relu = relu,
                    .relu_backward = relu_backward,
                    .dropout = dropout},
    .reduce = {.sum_workspace_bytes = sum_workspace_bytes,
               .sum = sum,
               .sum_rows_workspace_bytes = sum_rows_workspace_bytes,
               .sum_rows = sum_rows},
    .softmax = {.forward = softmax_forward,
                .backward = softmax_backward,
                .cross_entropy = cross_entropy,
                .cross_entropy_backward = cross_entropy_backward},
    .optimizer = {.sgd = sgd, .adamw = adamw},
};

}  // namespace fovea::kernels::FOVEA_ISA_NAMESPACE
