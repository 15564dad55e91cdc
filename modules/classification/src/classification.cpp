#include "fovea/classification/classification.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>

#include "fovea/autograd/ops/cast.hpp"
#include "fovea/autograd/ops/softmax.hpp"
#include "fovea/base/error.hpp"

namespace fovea {

std::vector<RankedLabel> Classification::top(std::int64_t count) const {
  std::vector<std::int64_t> order(probabilities.size());
  std::iota(order.begin(), order.end(), 0);
  const auto probability = [&](std::int64_t i) { return probabilities[static_cast<std::size_t>(i)]; };
  std::stable_sort(order.begin(), order.end(), [&](std::int64_t a, std::int64_t b) { return probability(a) > probability(b); });
  order.resize(std::min(order.size(), static_cast<std::size_t>(std::max<std::int64_t>(count, 0))));
  std::vector<RankedLabel> ranked;
  for (const std::int64_t i : order) ranked.push_back({i, labels[static_cast<std::size_t>(i)], probability(i)});
  return ranked;
}

Classification decode_classification(std::span<const float> probabilities, std::span<const std::string> labels) {
  if (probabilities.size() != labels.size() || labels.empty())
    throw ShapeError(fmt::format("[classify] {} probabilities for {} labels", probabilities.size(), labels.size()));
  const auto best = std::max_element(probabilities.begin(), probabilities.end()) - probabilities.begin();  // the first of equal ones
  return {.index = best,
          .label = labels[static_cast<std::size_t>(best)],
          .score = probabilities[static_cast<std::size_t>(best)],
          .probabilities = {probabilities.begin(), probabilities.end()},
          .labels = {labels.begin(), labels.end()}};
}

Variable logits_of(Layer& network, const Tensor& batch, DType precision) {
  return cast(network.forward(cast(Variable(batch), precision)), DType::f32);
}

Tensor classify_batch(Layer& network, const Tensor& batch, DType precision) {
  const NoGradGuard no_grad;
  return softmax(logits_of(network, batch, precision)).value();
}

}  // namespace fovea
