#include "fovea/autograd/ops/tversky_loss.hpp"

#include <fmt/format.h>

#include "fovea/autograd/function.hpp"
#include "fovea/base/error.hpp"
#include "ops/checks.hpp"
#include "ops/class_regions.hpp"
#include "ops/class_targets.hpp"
#include "ops/row_reduction.hpp"

namespace fovea {

namespace {

/// Overlap of one class in one group, and what the loss is made of.
struct Region {
  double both = 0, predicted = 0, wanted = 0;  // sums of p t, p and t

  double numerator(const TverskyLossOptions& o) const { return both + o.smooth; }
  double denominator(const TverskyLossOptions& o) const {
    return both + o.alpha * (predicted - both) + o.beta * (wanted - both) + o.smooth;
  }
};

class TverskyLoss final : public Function {
 public:
  TverskyLoss(const Tensor& targets, const TverskyLossOptions& options)
      : targets_(private_copy(targets)), options_(options), reduction_(options.reduction) {}
  const char* name() const override { return "tversky_loss"; }
  Attributes attributes() const override {
    return {{"reduction", std::string(name_of(options_.reduction))},
            {"alpha", options_.alpha},
            {"beta", options_.beta},
            {"smooth", options_.smooth},
            {"per_image", options_.per_image}};
  }

  std::vector<TensorSpec> infer(std::span<const TensorSpec> in) const override {
    check_class_axis(name(), "probabilities", in[0]);
    if (in[0].shape.rank() < 2)
      throw ShapeError("[tversky_loss] probabilities want axes [N,...,classes], found " + in[0].shape.to_string());
    if (targets_.defined() && is_floating(targets_.dtype())) {
      check_same_dtype(name(), "the target", targets_.spec(), in[0]);
      check_shape(name(), "the target", targets_.spec(), in[0].shape);
    } else {
      check_class_targets(name(), targets_, in[0], options_.ignore_index);
    }
    const RegionShape shape = regions_of(in[0].shape, options_.per_image);
    if (options_.reduction != Reduction::none) return {{Shape{}, in[0].dtype}};
    return {{options_.per_image ? Shape{shape.groups, shape.classes} : Shape{shape.classes}, in[0].dtype}};
  }

  std::vector<Tensor> forward(std::span<const Tensor> in, std::span<const TensorSpec> out) override {
    if (records()) probabilities_ = SavedTensor(in[0]);
    const RegionShape shape = regions_of(in[0].shape(), options_.per_image);
    return dispatch_floating(in[0].dtype(), name(), [&]<class T>() -> std::vector<Tensor> {
      measure(shape, in[0].data<T>());
      return {reduction_.forward<T>(out[0], shape.groups * shape.classes, 1, [&](std::int64_t i) {
        const Region& region = regions_[static_cast<std::size_t>(i)];
        const double whole = region.denominator(options_);
        return RowLoss{whole > 0 ? 1 - region.numerator(options_) / whole : 0, 1};
      })};
    });
  }

  /// With the quotient A / B: dA/dp = t and dB/dp = t + alpha (1 - t) - beta t.
  std::vector<Tensor> backward(std::span<const Tensor> dy) override {
    const Tensor& probabilities = probabilities_.get(name());
    Tensor gradient = Tensor::empty(probabilities.shape(), probabilities.dtype());
    const RegionShape shape = regions_of(probabilities.shape(), options_.per_image);
    dispatch_floating(gradient.dtype(), name(), [&]<class T>() {
      const auto scale = reduction_.scales<T>(dy[0]);
      T* const out = gradient.mutable_data<T>();
      for_loss_rows(shape.groups * shape.pixels, shape.classes, [&](std::int64_t begin, std::int64_t end) {
        for (std::int64_t row = begin; row < end; ++row)
          for (std::int64_t c = 0; c < shape.classes; ++c) {
            const std::int64_t index = row / shape.pixels * shape.classes + c;
            const Region& region = regions_[static_cast<std::size_t>(index)];
            const double a = region.numerator(options_), b = region.denominator(options_);
            T& slope = out[row * shape.classes + c];
            slope = 0;
            if (!counts(row) || !(b > 0)) continue;
            const double t = target<T>(row, c, shape.classes);
            slope = static_cast<T>(-scale(index) * (t * b - a * (t + options_.alpha * (1 - t) - options_.beta * t)) / (b * b));
          }
      });
    });
    return {gradient};
  }

 private:
  bool counts(std::int64_t row) const {
    return is_floating(targets_.dtype()) || targets_.data<std::int64_t>()[row] != options_.ignore_index;
  }
  template <class T>
  T target(std::int64_t row, std::int64_t c, std::int64_t classes) const {
    if (is_floating(targets_.dtype())) return targets_.data<T>()[row * classes + c];
    return targets_.data<std::int64_t>()[row] == c ? T{1} : T{0};
  }

  /// Sums of blocks of pixels, added in order.
  template <class T>
  void measure(const RegionShape& shape, const T* probabilities) {
    const std::int64_t grain = std::max<std::int64_t>(1, kLossElementsPerTask / shape.classes);
    const std::int64_t blocks = (shape.pixels + grain - 1) / grain;  // of one group
    std::vector<Region> partial(static_cast<std::size_t>(shape.groups * blocks * shape.classes));
    parallel_blocks(kernels::Context::current().threads(), shape.groups * blocks, [&](std::int64_t block) {
      const std::int64_t first = block / blocks * shape.pixels, begin = first + block % blocks * grain;
      const std::int64_t end = std::min(begin + grain, first + shape.pixels);
      Region* const sums = partial.data() + block * shape.classes;
      for (std::int64_t row = begin; row < end; ++row) {
        if (!counts(row)) continue;
        for (std::int64_t c = 0; c < shape.classes; ++c) {
          const double p = probabilities[row * shape.classes + c], t = target<T>(row, c, shape.classes);
          sums[c].both += p * t;
          sums[c].predicted += p;
          sums[c].wanted += t;
        }
      }
    });
    regions_.assign(static_cast<std::size_t>(shape.groups * shape.classes), {});
    for (std::int64_t block = 0; block < shape.groups * blocks; ++block)
      for (std::int64_t c = 0; c < shape.classes; ++c) {
        Region& region = regions_[static_cast<std::size_t>(block / blocks * shape.classes + c)];
        const Region& part = partial[static_cast<std::size_t>(block * shape.classes + c)];
        region.both += part.both;
        region.predicted += part.predicted;
        region.wanted += part.wanted;
      }
  }

  Tensor targets_;
  TverskyLossOptions options_;
  RowReduction reduction_;
  std::vector<Region> regions_;  // [groups][classes]
  SavedTensor probabilities_;
};

}  // namespace

Variable tversky_loss(const Variable& probabilities, const Tensor& targets, const TverskyLossOptions& options) {
  if (!(options.alpha >= 0 && options.beta >= 0 && options.smooth >= 0))
    throw OptionError(fmt::format("[tversky_loss] alpha, beta and smooth are at least 0, found {}, {} and {}", options.alpha, options.beta,
                                  options.smooth));
  return apply_one(std::make_unique<TverskyLoss>(targets, options), probabilities);
}

}  // namespace fovea
