#include "fovea/autograd/variable.hpp"

#include <fmt/format.h>

#include <utility>

#include "fovea/base/error.hpp"
#include "node.hpp"

namespace fovea {

namespace {

thread_local bool t_grad_enabled = true;

}  // namespace

bool grad_enabled() { return t_grad_enabled; }
NoGradGuard::NoGradGuard() : previous_(std::exchange(t_grad_enabled, false)) {}
NoGradGuard::~NoGradGuard() { t_grad_enabled = previous_; }

Variable::Variable(Tensor value, bool requires_grad) : state_(std::make_shared<detail::VariableState>()) {
  if (!value.defined()) throw ShapeError("a variable wants a defined tensor");
  state_->value = std::move(value);
  set_requires_grad(requires_grad);
}

const Tensor& Variable::value() const {
  if (!defined()) throw ShapeError("an undefined variable has no value");
  return state_->value;
}

bool Variable::requires_grad() const { return defined() && state_->requires_grad; }

void Variable::set_requires_grad(bool requires_grad) {
  if (!defined()) throw ShapeError("an undefined variable cannot want a gradient");
  if (!is_leaf()) throw ShapeError("only leaves can be told whether they want a gradient; this variable was computed");
  if (requires_grad && !is_floating(dtype()))
    throw ShapeError(fmt::format("only floating tensors have gradients, found {}", name_of(dtype())));
  state_->requires_grad = requires_grad;
}

bool Variable::is_leaf() const { return !defined() || state_->producer == nullptr; }

const Tensor& Variable::grad() const {
  static const Tensor undefined;
  return defined() ? state_->grad : undefined;
}

Tensor& Variable::mutable_grad() {
  if (!defined()) throw ShapeError("an undefined variable has no gradient");
  return state_->grad;
}

void Variable::clear_grad() {
  if (defined()) state_->grad = {};
}

Variable Variable::detach() const { return Variable(value()); }

void Variable::set_value(Tensor value) {
  if (!defined()) throw ShapeError("an undefined variable cannot be given a value");
  if (!value.defined()) throw ShapeError("a variable wants a defined tensor");
  if (requires_grad() && !is_floating(value.dtype()))
    throw ShapeError(fmt::format("a variable that requires a gradient wants a floating tensor, found {}", name_of(value.dtype())));
  if (!is_leaf()) throw ShapeError("only the value of a leaf can be replaced; this variable was computed");
  state_->value = std::move(value);
}

}  // namespace fovea
