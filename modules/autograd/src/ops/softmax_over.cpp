#include "fovea/autograd/ops/softmax_over.hpp"

#include "fovea/autograd/ops/permute.hpp"
#include "fovea/autograd/ops/reshape.hpp"
#include "fovea/autograd/ops/softmax.hpp"
#include "ops/checks.hpp"
#include "ops/strided_copy.hpp"

namespace fovea {

Variable softmax_over(const Variable& x, int axis) {
  const int rank = x.value().rank(), place = checked_axis("softmax_over", axis, rank);
  if (place == rank - 1) return softmax(x);
  return transpose(softmax(transpose(x, place, -1)), place, -1);
}

Variable spatial_softmax(const Variable& x) {
  check_rank("spatial_softmax", "input", x.value().spec(), 4, "[N,H,W,C]");
  const Shape& shape = x.shape();
  return reshape(softmax_over(reshape(x, {shape[0], shape[1] * shape[2], shape[3]}), 1), shape);
}

}  // namespace fovea
