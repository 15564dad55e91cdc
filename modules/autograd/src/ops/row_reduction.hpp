// Losses of rows (or elements), computed in parallel and added in a fixed order.
#pragma once

#include <algorithm>
#include <vector>

#include "fovea/autograd/ops/reduction.hpp"
#include "fovea/kernels/context.hpp"
#include "fovea/tensor/dispatch.hpp"
#include "fovea/tensor/tensor.hpp"

namespace fovea {

/// Elements that one task works on. Tasks and the order of sums depend on the shape alone.
inline constexpr std::int64_t kLossElementsPerTask = 8192;

/// Calls body(begin, end) for runs of rows of `row_elements` elements.
template <class Body>
void for_loss_rows(std::int64_t rows, std::int64_t row_elements, Body body) {
  const std::int64_t grain = std::max<std::int64_t>(1, kLossElementsPerTask / std::max<std::int64_t>(1, row_elements));
  parallel_for(kernels::Context::current().threads(), rows, grain, body);
}

/// What a row adds to the sum, and to what a mean divides by.
struct RowLoss {
  double loss = 0, weight = 1;
};

class RowReduction {
 public:
  explicit RowReduction(Reduction reduction) : reduction_(reduction) {}

  /// The loss from row(i), a RowLoss, of every row: of shape `out`.
  template <class T, class Row>
  Tensor forward(const TensorSpec& out, std::int64_t rows, std::int64_t row_elements, Row row) {
    if (reduction_ == Reduction::none) {
      Tensor losses = Tensor::empty(out.shape, out.dtype);
      T* const values = losses.mutable_data<T>();
      for_loss_rows(rows, row_elements, [&](std::int64_t begin, std::int64_t end) {
        for (std::int64_t i = begin; i < end; ++i) values[i] = static_cast<T>(row(i).loss);
      });
      return losses;
    }
    const std::int64_t grain = std::max<std::int64_t>(1, kLossElementsPerTask / std::max<std::int64_t>(1, row_elements));
    std::vector<RowLoss> sums(static_cast<std::size_t>((rows + grain - 1) / grain), RowLoss{0, 0});
    for_loss_rows(rows, row_elements, [&](std::int64_t begin, std::int64_t end) {
      RowLoss& sum = sums[static_cast<std::size_t>(begin / grain)];
      for (std::int64_t i = begin; i < end; ++i) {
        const RowLoss term = row(i);
        sum.loss += term.loss;
        sum.weight += term.weight;
      }
    });
    RowLoss total{0, 0};
    for (const RowLoss& sum : sums) {
      total.loss += sum.loss;
      total.weight += sum.weight;
    }
    divisor_ = reduction_ == Reduction::mean ? total.weight : 1;
    return Tensor::full({}, total.loss / divisor_, out.dtype);
  }

  /// d result / d loss of row i, times the gradient `dy` of the result.
  template <class T>
  auto scales(const Tensor& dy) const {
    const bool apart = reduction_ == Reduction::none;
    const T* const rows = apart ? dy.data<T>() : nullptr;
    const T all = apart ? T{0} : static_cast<T>(dy.item() / divisor_);
    return [rows, all](std::int64_t i) { return rows != nullptr ? rows[i] : all; };
  }

  Reduction kind() const { return reduction_; }

 private:
  Reduction reduction_;
  double divisor_ = 1;
};

}  // namespace fovea
