// Values that remember how they were computed: f = (x + y) z and its gradients.
#include <cstdio>
#include <fovea/autograd/ops/arithmetic.hpp>

int main() {
  const auto scalar = [](float value) { return fovea::Variable(fovea::Tensor::full({}, value), /*requires_grad=*/true); };
  const fovea::Variable x = scalar(-2), y = scalar(5), z = scalar(-4);

  const fovea::Variable f = (x + y) * z;
  fovea::backward(f);

  std::printf("f = %g, df/dx = %g, df/dy = %g, df/dz = %g\n", f.item(), x.grad().item(), y.grad().item(), z.grad().item());
  return f.item() == -12 && x.grad().item() == -4 && z.grad().item() == 3 ? 0 : 1;
}
