// Convolutions and matrix products of an instruction set. Apart from the other kernels, because these sources take longest to compile and
// need not know what else there is.
#pragma once

#include "fovea/kernels/context.hpp"
#include "fovea/kernels/conv2d.hpp"
#include "fovea/kernels/matmul.hpp"

namespace fovea::kernels::FOVEA_ISA_NAMESPACE {

std::size_t matmul_workspace_bytes(const Context&, const MatmulShape&);
void matmul_forward(Context&, const MatmulShape&, const float* a, const float* b, const Epilogue<float>&, float* y, void* workspace);

const char* conv2d_kernel_name(const Conv2dShape&, Conv2dPass);
std::uint32_t conv2d_filter_layout(const Conv2dShape&);
std::size_t conv2d_packed_filter_bytes(const Conv2dShape&);
void conv2d_pack_filter(Context&, const Conv2dShape&, const float* filter, void* packed);
std::size_t conv2d_workspace_bytes(const Context&, const Conv2dShape&, Conv2dPass);
void conv2d_forward(Context&, const Conv2dShape&, const float* x, const void* packed, const Epilogue<float>&, float* y, void* workspace);
void conv2d_backward_data(Context&, const Conv2dShape&, const float* dy, const float* filter, float* dx, void* workspace);
void conv2d_backward_filter(Context&, const Conv2dShape&, const float* x, const float* dy, float* dfilter, void* workspace);

// Of bf16 activations; also compiled for sets that multiply them in pairs.
std::size_t matmul_bf16_workspace_bytes(const Context&, const MatmulShape&);
void matmul_bf16_forward(Context&, const MatmulShape&, const bf16* a, const bf16* b, const Epilogue<float>&, float* y, void* workspace);

const char* conv2d_bf16_kernel_name(const Conv2dShape&, Conv2dPass);
std::uint32_t conv2d_bf16_filter_layout(const Conv2dShape&);
std::size_t conv2d_bf16_packed_filter_bytes(const Conv2dShape&);
void conv2d_bf16_pack_filter(Context&, const Conv2dShape&, const float* filter, void* packed);
std::size_t conv2d_bf16_workspace_bytes(const Context&, const Conv2dShape&, Conv2dPass);
void conv2d_bf16_forward(Context&, const Conv2dShape&, const bf16* x, const void* packed, const Epilogue<bf16>&, bf16* y, void* workspace);
void conv2d_bf16_backward_data(Context&, const Conv2dShape&, const bf16* dy, const float* filter, bf16* dx, void* workspace);
void conv2d_bf16_backward_filter(Context&, const Conv2dShape&, const bf16* x, const bf16* dy, float* dfilter, void* workspace);

}  // namespace fovea::kernels::FOVEA_ISA_NAMESPACE
