// Arithmetic with broadcasting.
#include "fovea/autograd/ops/arithmetic.hpp"
#include "fovea/autograd/ops/broadcast.hpp"
#include "selftest/gradients/suite.hpp"

namespace fovea::selftest_detail {

void check_maths_gradients(GradientSuite& suite) {
  const std::pair<Shape, Shape> pairs[] = {{{2, 3, 5, 4}, {2, 1, 1, 4}}, {{2, 3, 5, 4}, {4}},   {{2, 3, 5, 4}, {2, 3, 5, 1}}, {{2, 3}, {1}},
                                           {{2, 1, 4}, {1, 3, 1}},       {{0, 3, 4}, {1, 1, 4}}};
  for (const auto& [a, b] : pairs) {
    suite.check("broadcast_add", [](const Inputs& in) { return in[0] + in[1]; }, {uniform(a, 1), uniform(b, 2)});
    suite.check("broadcast_multiply", [](const Inputs& in) { return in[0] * in[1]; }, {uniform(a, 1), uniform(b, 2)});
    suite.check("broadcast_to", [a = a](const Inputs& in) { return broadcast_to(in[0], a) + in[1]; },
                {uniform(b.rank() < a.rank() ? b : Shape{a.at(-1)}, 1), uniform(a, 2)});
  }
}

}  // namespace fovea::selftest_detail
