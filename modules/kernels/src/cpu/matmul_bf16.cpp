#include "cpu/matmul_product.hpp"

namespace fovea::kernels::FOVEA_ISA_NAMESPACE {

std::size_t matmul_bf16_workspace_bytes(const Context& context, const MatmulShape& s) {
  return matmul_product_workspace<bf16>(context.threads(), s);
}

void matmul_bf16_forward(Context& context, const MatmulShape& s, const bf16* a, const bf16* b, const Epilogue<float>& epilogue, float* y,
                         void* workspace) {
  matmul_product(context.threads(), s, a, b, epilogue, y, workspace);
}

}  // namespace fovea::kernels::FOVEA_ISA_NAMESPACE
