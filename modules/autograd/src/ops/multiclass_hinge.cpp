#include "fovea/autograd/ops/multiclass_hinge.hpp"

#include <fmt/format.h>

#include "fovea/base/error.hpp"
#include "ops/class_row_loss.hpp"

namespace fovea {

namespace {

struct Formula {
  double margin;
  bool squared;

  template <class T>
  RowLoss loss(const T* s, std::int64_t classes, std::int64_t target) const {
    double sum = 0;
    for (std::int64_t j = 0; j < classes; ++j) {
      const T shortfall = s[j] - s[target] + static_cast<T>(margin);
      if (j != target && !(shortfall <= 0)) sum += squared ? shortfall * shortfall : shortfall;
    }
    return {sum, 1};
  }
  template <class T>
  void gradient(const T* s, std::int64_t classes, std::int64_t target, T scale, T* out) const {
    T sum = 0;
    for (std::int64_t j = 0; j < classes; ++j) {
      const T shortfall = s[j] - s[target] + static_cast<T>(margin);
      out[j] = j == target || shortfall <= 0 ? T{0} : scale * (squared ? 2 * shortfall : T{1});
      sum += out[j];
    }
    out[target] = -sum;
  }
};

class MulticlassHinge final : public ClassRowLoss<Formula> {
 public:
  using ClassRowLoss::ClassRowLoss;
  const char* name() const override { return "multiclass_hinge"; }
};

}  // namespace

Variable multiclass_hinge(const Variable& scores, const Tensor& targets, const MulticlassHingeOptions& options) {
  if (!(options.margin > 0)) throw OptionError(fmt::format("[multiclass_hinge] the margin is positive, found {}", options.margin));
  const Formula formula{options.margin, options.squared};
  return apply_one(std::make_unique<MulticlassHinge>(targets, options.ignore_index, options.reduction, formula), scores);
}

}  // namespace fovea
