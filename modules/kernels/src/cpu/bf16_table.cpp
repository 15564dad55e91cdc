// The page of this instruction set's matrix kernels for bf16.
#include "cpu/bf16_matrix_kernels.hpp"
#include "cpu/isa_kernels.hpp"

namespace fovea::kernels::FOVEA_ISA_NAMESPACE {

extern const Bf16MatrixKernels kBf16MatrixKernels;
constinit const Bf16MatrixKernels kBf16MatrixKernels = {
    .matmul = {.workspace_bytes = matmul_bf16_workspace_bytes, .forward = matmul_bf16_forward},
    .conv2d = {.kernel_name = conv2d_bf16_kernel_name,
               .filter_layout = conv2d_bf16_filter_layout,
               .packed_filter_bytes = conv2d_bf16_packed_filter_bytes,
               .pack_filter = conv2d_bf16_pack_filter,
               .workspace_bytes = conv2d_bf16_workspace_bytes,
               .forward = conv2d_bf16_forward,
               .backward_data = conv2d_bf16_backward_data,
               .backward_filter = conv2d_bf16_backward_filter},
};

}  // namespace fovea::kernels::FOVEA_ISA_NAMESPACE
