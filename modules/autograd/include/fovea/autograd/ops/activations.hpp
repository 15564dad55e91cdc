// Activations of one variable, element by element. NaN stays NaN. At a kink the gradient is that of the flatter side. An activation takes
// over the memory of a temporary (or moved) x that nothing else holds where its backward pass does not need x: in inference all of them,
// in training leaky_relu and relu6.
#pragma once

#include "fovea/autograd/variable.hpp"

namespace fovea {

/// 1 / (1 + exp(-x))
Variable sigmoid(Variable x);

Variable tanh(Variable x);

/// x > 0 ? x : slope x (Maas et al. 2013). Throws OptionError for a negative slope.
Variable leaky_relu(Variable x, double slope = 0.01);

/// min(max(x, 0), 6) (MobileNets, Howard et al. 2017)
Variable relu6(Variable x);

/// x > 0 ? x : alpha (exp(x) - 1) (Clevert et al. 2016). Throws OptionError when alpha is not above 0.
Variable elu(Variable x, double alpha = 1);

/// 1.0507 elu(x) with alpha = 1.6733, which keep mean 0 and variance 1 (Klambauer et al. 2017, section 2).
Variable selu(Variable x);

/// log(1 + exp(beta x)) / beta, a smooth relu. Throws OptionError when beta is not above 0.
Variable softplus(Variable x, double beta = 1);

/// x sigmoid(x), also called swish (Elfwing et al. 2017, Ramachandran et al. 2017).
Variable silu(Variable x);

/// x tanh(softplus(x)) (Misra 2019)
Variable mish(Variable x);

/// min(max(x / 6 + 1/2, 0), 1) (MobileNetV3, Howard et al. 2019, section 5.2)
Variable hard_sigmoid(Variable x);

/// x hard_sigmoid(x) (the same)
Variable hard_swish(Variable x);

enum class GeluForm { erf, tanh };

/// x P(X <= x) of a normal X: x (1 + erf(x / sqrt 2)) / 2, or the approximation x (1 + tanh(sqrt(2 / pi) (x + 0.044715 x^3))) / 2
/// (Hendrycks and Gimpel 2016, section 2).
Variable gelu(Variable x, GeluForm form = GeluForm::erf);

}  // namespace fovea
