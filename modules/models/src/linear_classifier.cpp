#include "fovea/models/linear_classifier.hpp"

#include "fovea/autograd/ops/reshape.hpp"
#include "option_checks.hpp"

namespace fovea {

namespace {

const LinearClassifierOptions& checked(const LinearClassifierOptions& o) {
  require_classes("linear", o.classes);
  return o;
}

}  // namespace

LinearClassifier::LinearClassifier(const LinearClassifierOptions& o)
    : fc(checked(o).height * o.width * o.channels, o.classes, {.flattened = {o.height, o.width, o.channels}}) {
  register_module("fc", fc);
}

Variable LinearClassifier::forward(const Variable& x) { return fc(flatten(x)); }

}  // namespace fovea
