#include "fovea/models/vit.hpp"

#include <fmt/format.h>

#include "fovea/autograd/ops/broadcast.hpp"
#include "fovea/autograd/ops/concat.hpp"
#include "fovea/autograd/ops/reshape.hpp"
#include "fovea/autograd/ops/slice.hpp"
#include "fovea/base/error.hpp"
#include "fovea/nn/init.hpp"
#include "option_checks.hpp"

namespace fovea {

namespace {

constexpr double kEpsilon = 1e-6;  // of the norms, as in torchvision

const VitOptions& checked(const VitOptions& o) {
  require_classes("vit", o.classes);
  for (const auto& [what, number] : {std::pair{"the patch", o.patch}, std::pair{"the number of features", o.features},
                                     std::pair{"the number of layers", o.layers}, std::pair{"the number of heads", o.heads}})
    require_positive("vit", what, number);
  if (o.layers > kMostBlocks) throw OptionError(fmt::format("[vit] at most {} layers, found {}", kMostBlocks, o.layers));
  if (o.height < 1 || o.width < 1 || o.height % o.patch != 0 || o.width % o.patch != 0)
    throw OptionError(fmt::format("[vit] the image's sides are multiples of {}, found {}x{}", o.patch, o.width, o.height));
  return o;
}

std::int64_t tokens(const VitOptions& o) { return (o.height / o.patch) * (o.width / o.patch) + 1; }

}  // namespace

Vit::Encoder::Encoder(std::int64_t length, const VitOptions& o)
    : positions_(length, o.features), dropout_(o.dropout), ln_(o.features, {.epsilon = kEpsilon}) {
  // Under the encoder's own name, without a child between, as in torchvision.
  register_parameter("pos_embedding", positions_.pos_embedding.value(), positions_.pos_embedding);
  register_module("dropout", dropout_);
  for (std::int64_t i = 0; i < o.layers; ++i)
    layers_.emplace_named<TransformerBlock>(
        fmt::format("encoder_layer_{}", i), o.features,
        TransformerBlockOptions{.heads = o.heads, .hidden = o.hidden, .dropout = o.dropout, .epsilon = kEpsilon});
  register_module("layers", layers_);
  register_module("ln", ln_);
}

void Vit::Encoder::reset_parameters(RandomStream& stream) { positions_.reset_parameters(stream); }

Variable Vit::Encoder::forward(const Variable& x) { return ln_(layers_(dropout_(positions_(x)))); }

Vit::Vit(const VitOptions& o)
    : height_(checked(o).height), width_(o.width), conv_proj_(o.channels, o.features, o.patch), encoder_(tokens(o), o) {
  register_parameter("class_token", Tensor::zeros({1, 1, o.features}), class_token);
  register_module("conv_proj", conv_proj_);
  register_module("encoder", encoder_);
  heads_.emplace_named<Linear>("head", o.features, o.classes);
  register_module("heads", heads_);
}

Variable Vit::forward(const Variable& x) {
  if (x.shape().rank() == 4 && (x.extent(1) != height_ || x.extent(2) != width_))
    throw ShapeError(fmt::format("[vit] was built for images of {}x{}, found {}x{}", width_, height_, x.extent(2), x.extent(1)));
  const Variable patches = conv_proj_(x);
  const std::int64_t features = patches.extent(2);
  const Variable token = broadcast_to(class_token, {x.extent(0), 1, features});
  const Variable y = encoder_(concat({token, patches}, 1));
  return heads_(reshape(slice(y, 1, 0, 1), {x.extent(0), features}));
}

void Vit::reset_parameters(RandomStream&) { Tensor(class_token.value()).fill_(0); }

}  // namespace fovea
