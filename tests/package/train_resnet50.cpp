// Builds a ResNet-50 and trains it for a step: what a user's own training program includes. test_package.sh times its compilation.
#include <cstdio>
#include <fovea/autograd/ops/cross_entropy.hpp>
#include <fovea/models/resnet.hpp>
#include <fovea/training/sgd.hpp>

int main() {
  fovea::ResNet network({.classes = 3, .block = fovea::ResNetOptions::Block::bottleneck, .blocks = {3, 4, 6, 3}});
  fovea::initialize(network, 7);
  fovea::Sgd optimizer(network.parameters(), {.momentum = 0.9});
  const fovea::Variable images(fovea::Tensor::full({2, 64, 64, 3}, 0.5));
  const fovea::Tensor targets = fovea::Tensor::from<std::int64_t>({0, 2}, {2});
  double first = 0, last = 0;
  for (int step = 0; step < 3; ++step) {
    const fovea::Variable loss = fovea::cross_entropy(network(images), targets);
    optimizer.clear_grad();
    fovea::backward(loss);
    optimizer.step(0.01);
    (step == 0 ? first : last) = loss.item();
  }
  std::printf("loss %.4f, then %.4f\n", first, last);
  return network.parameter_count() == 23'514'179 && last != first ? 0 : 1;
}
