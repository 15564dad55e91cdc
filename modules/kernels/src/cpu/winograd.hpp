// Convolution with 3x3 filters at stride 1 by Winograd's minimal filtering, F(4x4, 3x3) and F(3x3, 4x4): tiles of 6x6 pixels are
// transformed, multiplied as 36 matrices and transformed back, a quarter of the direct algorithm's multiplications (Lavin and Gray 2016).
#pragma once

#include "cpu/conv2d_geometry.hpp"

namespace fovea::kernels::FOVEA_ISA_NAMESPACE {

/// Whether the tiles beat the direct kernels for a pass of this shape, by an estimate of both times; looks at the batch only where the
/// shape's choice allows it.
bool uses_winograd(const Conv2dShape&, Conv2dPass);

std::size_t winograd_packed_filter_bytes(const Conv2dShape&);
void winograd_pack_filter(const Threads&, const Conv2dShape&, const float* filter, float* packed);
std::size_t winograd_workspace_bytes(const Threads&, const Conv2dShape&, Conv2dPass);
void winograd_forward(const Threads&, const Conv2dShape&, const float* x, const float* packed, const Epilogue<float>&, float* y,
                      float* workspace);
void winograd_backward_data(const Threads&, const Conv2dShape&, const float* dy, const float* filter, float* dx, float* workspace);
/// winograd_filter.cpp
std::size_t winograd_filter_workspace_bytes(const Conv2dShape&);
void winograd_backward_filter(const Threads&, const Conv2dShape&, const float* x, const float* dy, float* dfilter, float* workspace);

}  // namespace fovea::kernels::FOVEA_ISA_NAMESPACE
