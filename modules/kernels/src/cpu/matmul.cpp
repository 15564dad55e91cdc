#include "cpu/matmul_product.hpp"

namespace fovea::kernels::FOVEA_ISA_NAMESPACE {

std::size_t matmul_workspace_bytes(const Context& context, const MatmulShape& s) {
  return matmul_product_workspace<float>(context.threads(), s);
}

void matmul_forward(Context& context, const MatmulShape& s, const float* a, const float* b, const Epilogue<float>& epilogue, float* y,
                    void* workspace) {
  matmul_product(context.threads(), s, a, b, epilogue, y, workspace);
}

}  // namespace fovea::kernels::FOVEA_ISA_NAMESPACE
