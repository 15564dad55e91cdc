// The data pass of first layers, where dx has few channels: a matrix product gives every output pixel its share of the filter rows that
// it read, and the shares are added where they came from. The mirror image of reading padded rows.
#pragma once

#include "cpu/conv2d_geometry.hpp"

namespace fovea::kernels::FOVEA_ISA_NAMESPACE {

/// Whether dx has so few channels that the gathering kernel's vectors would be nearly empty.
bool scatters_rows(const Conv2dShape&);

std::size_t scatter_rows_workspace_bytes(const Threads&, const Conv2dShape&);
void scatter_rows_backward_data(const Threads&, const Conv2dShape&, const float* dy, const float* filter, float* dx, float* workspace);

}  // namespace fovea::kernels::FOVEA_ISA_NAMESPACE
