#include "fovea/autograd/ops/box_loss.hpp"

#include <fmt/format.h>

#include <span>
#include <vector>

#include "fovea/autograd/function.hpp"
#include "fovea/base/error.hpp"
#include "fovea/kernels/box_overlap_formula.hpp"
#include "ops/checks.hpp"
#include "ops/row_reduction.hpp"

namespace fovea {

namespace {

const char* name_of(BoxOverlap overlap) {
  switch (overlap) {
    case BoxOverlap::iou:
      return "iou";
    case BoxOverlap::giou:
      return "giou";
    case BoxOverlap::diou:
      return "diou";
    case BoxOverlap::ciou:
      return "ciou";
  }
  return "";
}

template <class T>
kernels::BoxCorners<T> corners(const T* box) {
  return {box[0], box[1], box[2], box[3]};
}

/// The way back through box_overlap() for one pair of boxes, given as x1 y1 x2 y2.
template <class T>
class OverlapGradient {
 public:
  OverlapGradient(const T* a, const T* b) : a_(a), b_(b) {}

  /// Adds scale * d overlap / d a to da, and likewise for b.
  void add(BoxOverlap kind, T scale, T* da, T* db) {
    da_ = da;
    db_ = db;
    const auto a = corners(a_), b = corners(b_);
    const T width = std::min(a.x2, b.x2) - std::max(a.x1, b.x1), height = std::min(a.y2, b.y2) - std::max(a.y1, b.y1);
    const T common = std::max(T{0}, width) * std::max(T{0}, height), all = a.area() + b.area() - common;
    T d_common = 0, d_all = 0;  // of the overlap, by the areas of intersection and union
    T d_iou = scale;
    if (kind == BoxOverlap::giou) d_all += add_hull_area(scale, all);
    if (kind == BoxOverlap::diou || kind == BoxOverlap::ciou) add_distance(scale);
    if (kind == BoxOverlap::ciou) d_iou += add_aspects(scale, a, b, kernels::over_or_zero(common, all));
    if (all > 0) {
      d_common += d_iou / all;
      d_all -= d_iou * common / (all * all);
    }
    add_area(da_, a_, d_all);
    add_area(db_, b_, d_all);
    d_common -= d_all;
    if (width > 0 && height > 0) {
      add_common_length(0, d_common * height);
      add_common_length(1, d_common * width);
    }
  }

 private:
  T hull(int axis) const { return std::max(T{0}, std::max(a_[axis + 2], b_[axis + 2]) - std::min(a_[axis], b_[axis])); }

  /// g times d larger(a[i], b[i]); equal ones share.
  void add_larger(int i, T g) { add_shared(i, a_[i] - b_[i], g); }
  void add_smaller(int i, T g) { add_shared(i, b_[i] - a_[i], g); }
  void add_shared(int i, T lead_of_a, T g) {
    const T share = lead_of_a > 0 ? T{1} : lead_of_a == 0 ? T{0.5} : T{0};
    da_[i] += g * share;
    db_[i] += g * (1 - share);
  }
  void add_common_length(int axis, T g) {
    add_smaller(axis + 2, g);
    add_larger(axis, -g);
  }
  void add_hull_length(int axis, T g) {
    add_larger(axis + 2, g);
    add_smaller(axis, -g);
  }
  static void add_length(T* gradient, const T* box, int axis, T g) {
    if (!(box[axis + 2] > box[axis])) return;
    gradient[axis + 2] += g;
    gradient[axis] -= g;
  }
  static void add_area(T* gradient, const T* box, T g) {
    add_length(gradient, box, 0, g * corners(box).height());
    add_length(gradient, box, 1, g * corners(box).width());
  }

  /// giou = iou - 1 + all / hull; returns its derivative by all.
  T add_hull_area(T scale, T all) {
    const T width = hull(0), height = hull(1), area = width * height;
    if (!(area > 0)) return 0;
    const T d_area = -scale * all / (area * area);
    add_hull_length(0, d_area * height);
    add_hull_length(1, d_area * width);
    return scale / area;
  }

  /// - d^2 / c^2
  void add_distance(T scale) {
    const T squared_diagonal = hull(0) * hull(0) + hull(1) * hull(1);
    if (!(squared_diagonal > 0)) return;
    T squared_distance = 0;
    for (int axis = 0; axis < 2; ++axis) {
      const T distance = (a_[axis] + a_[axis + 2] - b_[axis] - b_[axis + 2]) / 2, g = -scale * distance / squared_diagonal;
      squared_distance += distance * distance;
      for (const int i : {axis, axis + 2}) {
        da_[i] += g;
        db_[i] -= g;
      }
    }
    const T g = scale * squared_distance / (squared_diagonal * squared_diagonal);
    for (int axis = 0; axis < 2; ++axis) add_hull_length(axis, 2 * g * hull(axis));
  }

  /// - v^2 / (1 - iou + v); returns its derivative by iou.
  T add_aspects(T scale, const kernels::BoxCorners<T>& a, const kernels::BoxCorners<T>& b, T iou) {
    const T difference = a.aspect() - b.aspect(), v = kernels::kAspectScale<T> * difference * difference, rest = 1 - iou + v;
    if (!(rest > 0)) return 0;
    const T d_v = -scale * v * (2 * rest - v) / (rest * rest), d_difference = d_v * 2 * kernels::kAspectScale<T> * difference;
    add_aspect(da_, a_, d_difference);
    add_aspect(db_, b_, -d_difference);
    return -scale * v * v / (rest * rest);
  }
  static void add_aspect(T* gradient, const T* box, T g) {
    const T width = corners(box).width(), height = corners(box).height(), squared = width * width + height * height;
    if (!(squared > 0)) return;
    add_length(gradient, box, 0, g * height / squared);
    add_length(gradient, box, 1, -g * width / squared);
  }

  const T *a_, *b_;
  T *da_ = nullptr, *db_ = nullptr;
};

class BoxLoss final : public Function {
 public:
  explicit BoxLoss(const BoxLossOptions& options) : overlap_(options.overlap), reduction_(options.reduction) {}
  const char* name() const override { return "box_loss"; }
  Attributes attributes() const override {
    return {{"overlap", std::string(name_of(overlap_))}, {"reduction", std::string(fovea::name_of(reduction_.kind()))}};
  }

  std::vector<TensorSpec> infer(std::span<const TensorSpec> in) const override {
    check_floating(name(), in[0]);
    if (in[0].shape.rank() < 1 || in[0].shape.extents().back() != 4)
      throw ShapeError(fmt::format("[box_loss] boxes want the shape [..., 4] (x1 y1 x2 y2), found {}", in[0].shape.to_string()));
    check_same_dtype(name(), "the target", in[1], in[0]);
    check_shape(name(), "the target", in[1], in[0].shape);
    const auto extents = in[0].shape.extents();
    return {{reduction_.kind() == Reduction::none ? Shape(extents.first(extents.size() - 1)) : Shape{}, in[0].dtype}};
  }

  std::vector<Tensor> forward(std::span<const Tensor> in, std::span<const TensorSpec> out) override {
    if (records()) {
      boxes_ = SavedTensor(in[0]);
      targets_ = SavedTensor(in[1]);
    }
    return dispatch_floating(in[0].dtype(), name(), [&]<class T>() -> std::vector<Tensor> {
      const T *boxes = in[0].data<T>(), *targets = in[1].data<T>();
      return {reduction_.forward<T>(out[0], in[0].numel() / 4, 4, [&](std::int64_t i) {
        return RowLoss{1 - kernels::box_overlap(overlap_, corners(boxes + 4 * i), corners(targets + 4 * i)), 1};
      })};
    });
  }

  std::vector<Tensor> backward(std::span<const Tensor> dy) override {
    const Tensor &boxes = boxes_.get(name()), &targets = targets_.get(name());
    Tensor dboxes = Tensor::zeros(boxes.shape(), boxes.dtype()), dtargets = Tensor::zeros(boxes.shape(), boxes.dtype());
    dispatch_floating(boxes.dtype(), name(), [&]<class T>() {
      const auto scale = reduction_.scales<T>(dy[0]);
      const T *a = boxes.data<T>(), *b = targets.data<T>();
      T *da = dboxes.mutable_data<T>(), *db = dtargets.mutable_data<T>();
      for_loss_rows(boxes.numel() / 4, 4, [&](std::int64_t begin, std::int64_t end) {
        for (std::int64_t i = begin; i < end; ++i) OverlapGradient(a + 4 * i, b + 4 * i).add(overlap_, -scale(i), da + 4 * i, db + 4 * i);
      });
    });
    return {dboxes, needs_gradient(1) ? dtargets : Tensor()};
  }

 private:
  BoxOverlap overlap_;
  RowReduction reduction_;
  SavedTensor boxes_, targets_;
};

}  // namespace

Variable box_loss(const Variable& boxes, const Variable& targets, const BoxLossOptions& options) {
  return apply_one(std::make_unique<BoxLoss>(options), boxes, targets);
}

}  // namespace fovea
