// Which algorithm computes a convolution in f32: the first that serves it, the direct one last.
#include "cpu/conv2d_direct.hpp"
#include "cpu/scatter_rows.hpp"
#include "cpu/winograd.hpp"

namespace fovea::kernels::FOVEA_ISA_NAMESPACE {

const char* conv2d_kernel_name(const Conv2dShape& s, Conv2dPass pass) {
  if (is_depthwise(s)) return "depthwise";
  if (uses_winograd(s, pass)) return "winograd";
  return pass == Conv2dPass::backward_data && scatters_rows(s) ? "scattered_rows" : direct_kernel_name(s, pass);
}

std::uint32_t conv2d_filter_layout(const Conv2dShape& s) {
  if (is_depthwise(s)) return 1;
  return uses_winograd(s, Conv2dPass::forward) ? 2 : 0;
}

std::size_t conv2d_packed_filter_bytes(const Conv2dShape& s) {
  if (is_depthwise(s)) return depthwise_packed_filter_bytes(s);
  if (uses_winograd(s, Conv2dPass::forward)) return winograd_packed_filter_bytes(s);
  return direct_packed_filter_bytes<float>(s);
}

void conv2d_pack_filter(Context& context, const Conv2dShape& s, const float* filter, void* packed) {
  float* panels = static_cast<float*>(packed);
  if (is_depthwise(s)) return depthwise_pack_filter<float>(s, filter, panels);
  if (uses_winograd(s, Conv2dPass::forward)) return winograd_pack_filter(context.threads(), s, filter, panels);
  direct_pack_filter<float>(context.threads(), s, filter, panels);
}

std::size_t conv2d_workspace_bytes(const Context& context, const Conv2dShape& s, Conv2dPass pass) {
  if (is_depthwise(s)) return depthwise_workspace_bytes(s, pass);
  if (uses_winograd(s, pass)) return winograd_workspace_bytes(context.threads(), s, pass);
  if (pass == Conv2dPass::backward_data && scatters_rows(s)) return scatter_rows_workspace_bytes(context.threads(), s);
  return direct_workspace_bytes<float>(context.threads(), s, pass);
}

void conv2d_forward(Context& context, const Conv2dShape& s, const float* x, const void* packed, const Epilogue<float>& epilogue, float* y,
                    void* workspace) {
  const float* panels = static_cast<const float*>(packed);
  if (is_depthwise(s)) return depthwise_forward(context.threads(), s, x, panels, epilogue, y);
  if (uses_winograd(s, Conv2dPass::forward))
    return winograd_forward(context.threads(), s, x, panels, epilogue, y, static_cast<float*>(workspace));
  direct_forward(context.threads(), s, x, panels, epilogue, y, workspace);
}

void conv2d_backward_data(Context& context, const Conv2dShape& s, const float* dy, const float* filter, float* dx, void* workspace) {
  if (is_depthwise(s)) return depthwise_backward_data(context.threads(), s, dy, filter, dx, static_cast<float*>(workspace));
  if (uses_winograd(s, Conv2dPass::backward_data))
    return winograd_backward_data(context.threads(), s, dy, filter, dx, static_cast<float*>(workspace));
  if (scatters_rows(s)) return scatter_rows_backward_data(context.threads(), s, dy, filter, dx, static_cast<float*>(workspace));
  direct_backward_data(context.threads(), s, dy, filter, dx, workspace);
}

void conv2d_backward_filter(Context& context, const Conv2dShape& s, const float* x, const float* dy, float* dfilter, void* workspace) {
  if (is_depthwise(s)) return depthwise_backward_filter(context.threads(), s, x, dy, dfilter, static_cast<float*>(workspace));
  if (uses_winograd(s, Conv2dPass::backward_filter))
    return winograd_backward_filter(context.threads(), s, x, dy, dfilter, static_cast<float*>(workspace));
  direct_backward_filter(context.threads(), s, x, dy, dfilter, workspace);
}

}  // namespace fovea::kernels::FOVEA_ISA_NAMESPACE
