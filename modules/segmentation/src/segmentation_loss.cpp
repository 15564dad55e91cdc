#include "fovea/segmentation/segmentation_loss.hpp"

#include <fmt/format.h>

#include <cmath>
#include <set>

#include "fovea/autograd/ops/arithmetic.hpp"
#include "fovea/autograd/ops/cross_entropy.hpp"
#include "fovea/autograd/ops/dice_loss.hpp"
#include "fovea/autograd/ops/lovasz_softmax.hpp"
#include "fovea/autograd/ops/softmax.hpp"
#include "fovea/autograd/ops/softmax_focal_loss.hpp"
#include "fovea/autograd/ops/sum.hpp"
#include "fovea/autograd/ops/tversky_loss.hpp"
#include "fovea/base/error.hpp"
#include "fovea/base/text.hpp"

namespace fovea {

namespace {

using Kind = SegmentationLossKind;

struct NamedKind {
  const char* name;
  Kind kind;
};

constexpr NamedKind kKinds[] = {{"cross-entropy", Kind::cross_entropy},
                                {"focal", Kind::focal},
                                {"dice", Kind::dice},
                                {"tversky", Kind::tversky},
                                {"lovasz", Kind::lovasz}};

bool is_of_regions(Kind kind) { return kind == Kind::dice || kind == Kind::tversky || kind == Kind::lovasz; }

void check_terms(const std::vector<SegmentationLossTerm>& terms) {
  if (terms.empty()) throw OptionError("[segmentation_loss] expected at least one term, found none");
  std::set<Kind> seen;
  for (const SegmentationLossTerm& term : terms) {
    if (!(term.weight >= 0) || !std::isfinite(term.weight))
      throw OptionError(fmt::format("[segmentation_loss] a term's weight is at least 0, found {}", term.weight));
    if (!seen.insert(term.kind).second) throw OptionError("[segmentation_loss] expected every loss once, found one twice");
  }
}

void check_shapes(const Variable& logits, const Tensor& targets, const Tensor& pixel_weights) {
  const Shape& shape = logits.shape();
  if (shape.rank() != 4) throw ShapeError(fmt::format("[segmentation_loss] logits are [N,H,W,classes], found {}", shape.to_string()));
  const Shape pixels{shape[0], shape[1], shape[2]};
  if (!targets.defined() || targets.shape() != pixels || targets.dtype() != DType::i64)
    throw ShapeError(fmt::format("[segmentation_loss] targets are i64 {}, found {}", pixels.to_string(),
                                 targets.defined() ? std::string(name_of(targets.dtype())) + " " + targets.shape().to_string() : "none"));
  if (pixel_weights.defined() && (pixel_weights.shape() != pixels || !is_floating(pixel_weights.dtype())))
    throw ShapeError(fmt::format("[segmentation_loss] pixel weights are floating {}, found {} {}", pixels.to_string(),
                                 name_of(pixel_weights.dtype()), pixel_weights.shape().to_string()));
}

void check_class_weights(const Tensor& class_weights, std::int64_t classes) {
  if (class_weights.defined() && (class_weights.shape() != Shape{classes} || !is_floating(class_weights.dtype())))
    throw ShapeError(fmt::format("[segmentation_loss] class weights are floating [{}], found {} {}", classes,
                                 name_of(class_weights.dtype()), class_weights.shape().to_string()));
}

/// The map with zeros where targets are ignored, and its sums: that of the weights, and that of the weights times those of the classes.
struct CountedWeights {
  Tensor map;  // f64
  double sum = 0, class_sum = 0;
};

CountedWeights counted_weights(const Tensor& targets, const Tensor& pixel_weights, std::int64_t classes, const SegmentationLossOptions& o) {
  CountedWeights counted{.map =
                             pixel_weights.defined() ? pixel_weights.to(DType::f64).clone() : Tensor::full(targets.shape(), 1, DType::f64)};
  const Tensor class_weights = o.class_weights.defined() ? o.class_weights.to(DType::f64) : Tensor{};
  const auto labels = targets.span<std::int64_t>();
  double* const map = counted.map.mutable_data<double>();
  for (std::size_t i = 0; i < labels.size(); ++i) {
    if (!(map[i] >= 0) || !std::isfinite(map[i]))
      throw ShapeError(fmt::format("[segmentation_loss] pixel weights are at least 0, found {}", map[i]));
    if (labels[i] == o.ignore_index) {
      map[i] = 0;
      continue;
    }
    if (labels[i] < 0 || labels[i] >= classes)
      throw ShapeError(fmt::format("[segmentation_loss] target {} is outside [0, {})", labels[i], classes));
    counted.sum += map[i];
    counted.class_sum += map[i] * (class_weights.defined() ? class_weights.data<double>()[labels[i]] : 1);
  }
  return counted;
}

/// sum(map * losses) / divisor; 0, with gradients of 0, when nothing counts.
Variable weighted_mean(const Variable& losses, const Tensor& map, double divisor) {
  return (divisor > 0 ? 1 / divisor : 0.0) * sum(losses * Variable(map.to(losses.dtype())));
}

Variable pixel_loss(Kind kind, const Variable& logits, const Tensor& targets, const SegmentationLossOptions& o,
                    const CountedWeights& counted) {
  const Tensor class_weights = o.class_weights.defined() ? o.class_weights.to(logits.dtype()) : Tensor{};
  if (kind == Kind::focal) {
    const SoftmaxFocalLossOptions options{
        .gamma = o.gamma, .reduction = Reduction::none, .ignore_index = o.ignore_index, .class_weights = class_weights};
    return weighted_mean(softmax_focal_loss(logits, targets, options), counted.map, counted.sum);
  }
  const CrossEntropyOptions options{
      .reduction = Reduction::none, .ignore_index = o.ignore_index, .label_smoothing = o.label_smoothing, .class_weights = class_weights};
  return weighted_mean(cross_entropy(logits, targets, options), counted.map, counted.class_sum);
}

Variable region_loss(Kind kind, const Variable& probabilities, const Tensor& targets, const SegmentationLossOptions& o) {
  if (kind == Kind::dice)
    return dice_loss(probabilities, targets, {.smooth = o.smooth, .per_image = o.per_image, .ignore_index = o.ignore_index});
  if (kind == Kind::lovasz) return lovasz_softmax(probabilities, targets, {.per_image = o.per_image, .ignore_index = o.ignore_index});
  return tversky_loss(probabilities, targets,
                      {.alpha = o.alpha, .beta = o.beta, .smooth = o.smooth, .per_image = o.per_image, .ignore_index = o.ignore_index});
}

}  // namespace

std::vector<std::string> segmentation_loss_names() {
  std::vector<std::string> names;
  for (const NamedKind& known : kKinds) names.emplace_back(known.name);
  return names;
}

SegmentationLossKind segmentation_loss_named(const std::string& name) {
  for (const NamedKind& known : kKinds)
    if (known.name == name) return known.kind;
  throw OptionError(unknown_name_message("segmentation loss", name, segmentation_loss_names()));
}

SegmentationLosses segmentation_loss(const Variable& logits, const Tensor& targets, const SegmentationLossOptions& options,
                                     const Tensor& pixel_weights) {
  check_terms(options.terms);
  check_shapes(logits, targets, pixel_weights);
  const std::int64_t classes = logits.extent(-1);
  check_class_weights(options.class_weights, classes);
  const CountedWeights counted = counted_weights(targets, pixel_weights, classes, options);
  Variable probabilities;  // shared by the losses of regions
  SegmentationLosses losses;
  for (const SegmentationLossTerm& term : options.terms) {
    if (is_of_regions(term.kind) && !probabilities.defined()) probabilities = softmax(logits);
    const Variable loss = is_of_regions(term.kind) ? region_loss(term.kind, probabilities, targets, options)
                                                   : pixel_loss(term.kind, logits, targets, options, counted);
    losses.terms.push_back(loss.item());
    const Variable weighted = term.weight * loss;
    losses.total = losses.total.defined() ? losses.total + weighted : weighted;
  }
  return losses;
}

}  // namespace fovea
