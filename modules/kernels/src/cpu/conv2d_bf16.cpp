// Convolution of bf16 activations, always direct: Winograd's transforms would lose most of bf16's eight bits.
#include "cpu/conv2d_direct.hpp"

namespace fovea::kernels::FOVEA_ISA_NAMESPACE {

const char* conv2d_bf16_kernel_name(const Conv2dShape& s, Conv2dPass pass) {
  return is_depthwise(s) ? "depthwise" : direct_kernel_name(s, pass);
}

std::uint32_t conv2d_bf16_filter_layout(const Conv2dShape& s) { return is_depthwise(s) ? 1 : 0; }

std::size_t conv2d_bf16_packed_filter_bytes(const Conv2dShape& s) {
  return is_depthwise(s) ? depthwise_packed_filter_bytes(s) : direct_packed_filter_bytes<bf16>(s);
}

void conv2d_bf16_pack_filter(Context& context, const Conv2dShape& s, const float* filter, void* packed) {
  if (is_depthwise(s)) return depthwise_pack_filter<bf16>(s, filter, static_cast<float*>(packed));
  direct_pack_filter<bf16>(context.threads(), s, filter, static_cast<std::uint32_t*>(packed));
}

std::size_t conv2d_bf16_workspace_bytes(const Context& context, const Conv2dShape& s, Conv2dPass pass) {
  return is_depthwise(s) ? depthwise_workspace_bytes(s, pass) : direct_workspace_bytes<bf16>(context.threads(), s, pass);
}

void conv2d_bf16_forward(Context& context, const Conv2dShape& s, const bf16* x, const void* packed, const Epilogue<bf16>& epilogue, bf16* y,
                         void* workspace) {
  if (is_depthwise(s)) return depthwise_forward(context.threads(), s, x, static_cast<const float*>(packed), epilogue, y);
  direct_forward(context.threads(), s, x, static_cast<const std::uint32_t*>(packed), epilogue, y, workspace);
}

void conv2d_bf16_backward_data(Context& context, const Conv2dShape& s, const bf16* dy, const float* filter, bf16* dx, void* workspace) {
  if (is_depthwise(s)) return depthwise_backward_data(context.threads(), s, dy, filter, dx, static_cast<float*>(workspace));
  direct_backward_data(context.threads(), s, dy, filter, dx, workspace);
}

void conv2d_bf16_backward_filter(Context& context, const Conv2dShape& s, const bf16* x, const bf16* dy, float* dfilter, void* workspace) {
  if (is_depthwise(s)) return depthwise_backward_filter(context.threads(), s, x, dy, dfilter, static_cast<float*>(workspace));
  direct_backward_filter(context.threads(), s, x, dy, dfilter, workspace);
}

}  // namespace fovea::kernels::FOVEA_ISA_NAMESPACE
