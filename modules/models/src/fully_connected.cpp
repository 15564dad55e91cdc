#include "fully_connected.hpp"

#include "fovea/nn/activation.hpp"
#include "fovea/nn/dropout.hpp"
#include "fovea/nn/linear.hpp"

namespace fovea {

void append_fully_connected(Sequential& classifier, std::int64_t side, std::int64_t channels, std::int64_t hidden, double dropout,
                            std::int64_t classes) {
  classifier.emplace<Linear>(side * side * channels, hidden, LinearOptions{.flattened = {side, side, channels}});
  classifier.emplace<Relu>();
  classifier.emplace<Dropout>(dropout);
  classifier.emplace<Linear>(hidden, hidden);
  classifier.emplace<Relu>();
  classifier.emplace<Dropout>(dropout);
  classifier.emplace<Linear>(hidden, classes);
}

}  // namespace fovea
