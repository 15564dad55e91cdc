// Activation layers. Formulas and sources: fovea/autograd/ops/activations.hpp. None of them but PRelu has parameters.
#pragma once

#include "fovea/autograd/ops/activations.hpp"
#include "fovea/nn/module.hpp"

namespace fovea {

/// max(x, 0)
class Relu final : public Layer {
 public:
  Variable forward(const Variable& x) override;
};

class Sigmoid final : public Layer {
 public:
  Variable forward(const Variable& x) override;
};

class Tanh final : public Layer {
 public:
  Variable forward(const Variable& x) override;
};

/// x > 0 ? x : slope x. Throws OptionError for a negative slope.
class LeakyRelu final : public Layer {
 public:
  explicit LeakyRelu(double slope = 0.01);
  Variable forward(const Variable& x) override;

 private:
  double slope_;
};

/// min(max(x, 0), 6)
class Relu6 final : public Layer {
 public:
  Variable forward(const Variable& x) override;
};

/// x > 0 ? x : alpha (exp(x) - 1). Throws OptionError when alpha is not above 0.
class Elu final : public Layer {
 public:
  explicit Elu(double alpha = 1);
  Variable forward(const Variable& x) override;

 private:
  double alpha_;
};

class Selu final : public Layer {
 public:
  Variable forward(const Variable& x) override;
};

/// log(1 + exp(beta x)) / beta. Throws OptionError when beta is not above 0.
class Softplus final : public Layer {
 public:
  explicit Softplus(double beta = 1);
  Variable forward(const Variable& x) override;

 private:
  double beta_;
};

/// x sigmoid(x)
class Silu final : public Layer {
 public:
  Variable forward(const Variable& x) override;
};

/// x tanh(softplus(x))
class Mish final : public Layer {
 public:
  Variable forward(const Variable& x) override;
};

/// min(max(x / 6 + 1/2, 0), 1)
class HardSigmoid final : public Layer {
 public:
  Variable forward(const Variable& x) override;
};

/// x hard_sigmoid(x)
class HardSwish final : public Layer {
 public:
  Variable forward(const Variable& x) override;
};

/// x P(X <= x) of a normal X
class Gelu final : public Layer {
 public:
  explicit Gelu(GeluForm form = GeluForm::erf) : form_(form) {}
  Variable forward(const Variable& x) override;

 private:
  GeluForm form_;
};

}  // namespace fovea
