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

struct PReluOptions {
  std::int64_t channels = 1;  ///< slopes: one for all, or one per channel
  double initial = 0.25;
};

/// x > 0 ? x : weight x with a learned slope; parameter `weight` [channels] (He et al. 2015).
class PRelu final : public Layer {
 public:
  explicit PRelu(const PReluOptions& options = {});
  Variable forward(const Variable& x) override;
  void reset_parameters(RandomStream& stream) override;

  Variable weight;

 private:
  double initial_;
};

/// [..., 2 C] -> [..., C]: the first half of the channels times the sigmoid of the second.
class Glu final : public Layer {
 public:
  Variable forward(const Variable& x) override;
};

/// [..., k C] -> [..., C]: the largest of every k neighbouring channels. Throws OptionError when k is below 1.
class Maxout final : public Layer {
 public:
  explicit Maxout(std::int64_t k = 2);
  Variable forward(const Variable& x) override;

 private:
  std::int64_t k_;
};

}  // namespace fovea
