#include "fovea/autograd/ops/lovasz_softmax.hpp"

#include <algorithm>
#include <numeric>

#include "fovea/autograd/function.hpp"
#include "fovea/base/error.hpp"
#include "ops/checks.hpp"
#include "ops/class_regions.hpp"
#include "ops/class_targets.hpp"
#include "ops/row_reduction.hpp"

namespace fovea {

namespace {

class LovaszSoftmax final : public Function {
 public:
  LovaszSoftmax(const Tensor& targets, const LovaszSoftmaxOptions& options) : targets_(private_copy(targets)), options_(options) {}
  const char* name() const override { return "lovasz_softmax"; }
  Attributes attributes() const override {
    return {{"per_image", options_.per_image},
            {"only_present_classes", options_.only_present_classes},
            {"ignore_index", options_.ignore_index}};
  }

  std::vector<TensorSpec> infer(std::span<const TensorSpec> in) const override {
    check_class_axis(name(), "probabilities", in[0]);
    if (in[0].shape.rank() < 2)
      throw ShapeError("[lovasz_softmax] probabilities want axes [N,...,classes], found " + in[0].shape.to_string());
    check_class_targets(name(), targets_, in[0], options_.ignore_index);
    return {{Shape{}, in[0].dtype}};
  }

  /// The loss is linear between changes of the order of errors: forward finds the slopes as it goes, backward only scales them.
  std::vector<Tensor> forward(std::span<const Tensor> in, std::span<const TensorSpec> out) override {
    const RegionShape shape = regions_of(in[0].shape(), options_.per_image);
    if (records()) slopes_ = Tensor::zeros(in[0].shape(), in[0].dtype());
    double total = 0;
    dispatch_floating(in[0].dtype(), name(), [&]<class T>() {
      T* const slopes = records() ? slopes_.mutable_data<T>() : nullptr;
      std::vector<RegionLoss> losses(static_cast<std::size_t>(shape.groups * shape.classes));
      parallel_blocks(kernels::Context::current().threads(), shape.groups * shape.classes, [&](std::int64_t i) {
        losses[static_cast<std::size_t>(i)] = region_loss(shape, i / shape.classes, i % shape.classes, in[0].data<T>(), slopes);
      });
      for (std::int64_t group = 0; group < shape.groups; ++group) {
        const RegionLoss* const of_group = losses.data() + group * shape.classes;
        const auto counted = std::count_if(of_group, of_group + shape.classes, [](const RegionLoss& loss) { return loss.counts; });
        const double weight = 1 / (static_cast<double>(std::max<std::int64_t>(counted, 1)) * static_cast<double>(shape.groups));
        for (std::int64_t c = 0; c < shape.classes; ++c) total += weight * of_group[c].value;
        if (slopes == nullptr) continue;
        T* const begin = slopes + group * shape.pixels * shape.classes;
        for (T* slope = begin; slope != begin + shape.pixels * shape.classes; ++slope) *slope *= static_cast<T>(weight);
      }
    });
    return {Tensor::full({}, total, out[0].dtype)};
  }

  std::vector<Tensor> backward(std::span<const Tensor> dy) override {
    Tensor gradient = slopes_.clone();
    dispatch_floating(gradient.dtype(), name(), [&]<class T>() {
      const T scale = static_cast<T>(dy[0].item());
      for (T* value = gradient.mutable_data<T>(); value != gradient.data<T>() + gradient.numel(); ++value) *value *= scale;
    });
    return {gradient};
  }

 private:
  struct RegionLoss {
    double value = 0;
    bool counts = false;
  };

  /// Algorithm 1 for one class of one group; writes the slopes of its probabilities unless `slopes` is null.
  template <class T>
  RegionLoss region_loss(const RegionShape& shape, std::int64_t group, std::int64_t c, const T* probabilities, T* slopes) const {
    const std::int64_t* const targets = targets_.data<std::int64_t>();
    std::vector<std::int64_t> order;
    std::int64_t present = 0;
    for (std::int64_t row = group * shape.pixels; row < (group + 1) * shape.pixels; ++row) {
      if (targets[row] == options_.ignore_index) continue;
      order.push_back(row);
      present += targets[row] == c ? 1 : 0;
    }
    if (order.empty() || (present == 0 && options_.only_present_classes)) return {};
    const auto error = [&](std::int64_t row) {
      const T p = probabilities[row * shape.classes + c];
      return targets[row] == c ? 1 - p : p;
    };
    std::stable_sort(order.begin(), order.end(), [&](std::int64_t a, std::int64_t b) { return error(a) > error(b); });
    // Taking the pixels in order of their errors as mistakes, the Jaccard loss grows by the slope of each.
    double loss = 0, jaccard = 0;
    std::int64_t missed = 0, extra = 0;
    for (const std::int64_t row : order) {
      (targets[row] == c ? missed : extra) += 1;
      const double next = 1 - static_cast<double>(present - missed) / static_cast<double>(present + extra);
      loss += error(row) * (next - jaccard);
      if (slopes != nullptr) slopes[row * shape.classes + c] = static_cast<T>(targets[row] == c ? jaccard - next : next - jaccard);
      jaccard = next;
    }
    return {loss, true};
  }

  Tensor targets_;
  LovaszSoftmaxOptions options_;
  Tensor slopes_;
};

}  // namespace

Variable lovasz_softmax(const Variable& probabilities, const Tensor& targets, const LovaszSoftmaxOptions& options) {
  return apply_one(std::make_unique<LovaszSoftmax>(targets, options), probabilities);
}

}  // namespace fovea
