#include "fovea/classification/nearest_neighbors.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <string>
#include <utility>
#include <vector>

#include "fovea/base/error.hpp"
#include "fovea/base/parallel.hpp"
#include "fovea/base/text.hpp"
#include "fovea/kernels/kernel_table.hpp"

namespace fovea {

namespace {

// A block of distances is 256 x 4096 floats, 4 MiB, and its rows of queries stay in the caches.
constexpr std::int64_t kQueryBlock = 256;
constexpr std::int64_t kDataBlock = 4096;
constexpr std::int64_t kRowsPerTask = 16;

kernels::RowMetric row_metric(NeighborMetric metric) {
  switch (metric) {
    case NeighborMetric::l1:
      return kernels::RowMetric::l1;
    case NeighborMetric::l2:
      return kernels::RowMetric::squared_l2;
    case NeighborMetric::cosine:
      return kernels::RowMetric::dot;
  }
  return kernels::RowMetric::l1;
}

/// The rows divided by their lengths; zeros stay zeros.
Tensor unit_rows(const Tensor& rows) {
  Tensor units = Tensor::empty(rows.shape());
  const std::int64_t width = rows.extent(1);
  const float* const from = rows.data<float>();
  float* const to = units.mutable_data<float>();
  parallel_for(kernels::Context::current().threads(), rows.extent(0), kRowsPerTask, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t row = begin; row < end; ++row) {
      double square = 0;
      for (std::int64_t i = row * width; i < (row + 1) * width; ++i) square += double{from[i]} * from[i];
      const double scale = square > 0 ? 1 / std::sqrt(square) : 0;
      for (std::int64_t i = row * width; i < (row + 1) * width; ++i) to[i] = static_cast<float>(from[i] * scale);
    }
  });
  return units;
}

using Candidate = std::pair<float, std::int64_t>;  // distance, index: pairs compare as neighbours do

/// The k smallest candidates so far, as a heap with the worst in front.
class Nearest {
 public:
  explicit Nearest(std::size_t k) : k_(k) {}
  void offer(float distance, std::int64_t index) {
    const Candidate candidate{std::isnan(distance) ? INFINITY : distance, index};
    if (heap_.size() == k_) {
      if (!(candidate < heap_.front())) return;
      std::pop_heap(heap_.begin(), heap_.end());
      heap_.pop_back();
    }
    heap_.push_back(candidate);
    std::push_heap(heap_.begin(), heap_.end());
  }
  /// Nearest first.
  std::vector<Candidate> sorted() && {
    std::sort_heap(heap_.begin(), heap_.end());
    return std::move(heap_);
  }

 private:
  std::size_t k_;
  std::vector<Candidate> heap_;
};

/// What the metric's kernel gives, so that smaller is nearer.
float ordered(NeighborMetric metric, float value) { return metric == NeighborMetric::cosine ? 1 - value : value; }
float distance_of(NeighborMetric metric, float value) { return metric == NeighborMetric::l2 ? std::sqrt(value) : value; }

void check(const Tensor& queries, const Tensor& data, std::int64_t k) {
  for (const Tensor* rows : {&queries, &data})
    if (!rows->defined() || rows->rank() != 2 || rows->dtype() != DType::f32)
      throw ShapeError(fmt::format("[nearest_neighbors] wants f32 matrices [rows, width], found {} {}",
                                   rows->defined() ? name_of(rows->dtype()) : "an undefined tensor",
                                   rows->defined() ? rows->shape().to_string() : ""));
  if (queries.extent(1) != data.extent(1))
    throw ShapeError(
        fmt::format("[nearest_neighbors] queries have {} values per row but the data has {}", queries.extent(1), data.extent(1)));
  if (k < 1 || k > data.extent(0))
    throw OptionError(fmt::format("[nearest_neighbors] k is from 1 to the {} rows of the data, found {}", data.extent(0), k));
}

}  // namespace

const char* name_of(NeighborMetric metric) { return metric == NeighborMetric::l1 ? "l1" : metric == NeighborMetric::l2 ? "l2" : "cosine"; }

NeighborMetric neighbor_metric_from(std::string_view name) {
  std::vector<std::string> known;
  for (const NeighborMetric metric : {NeighborMetric::l1, NeighborMetric::l2, NeighborMetric::cosine}) {
    if (name == name_of(metric)) return metric;
    known.emplace_back(name_of(metric));
  }
  throw OptionError(unknown_name_message("metric", std::string(name), known));
}

Neighbors nearest_neighbors(const Tensor& queries, const Tensor& data, std::int64_t k, NeighborMetric metric) {
  check(queries, data, k);
  const bool cosine = metric == NeighborMetric::cosine;
  const Tensor left = cosine ? unit_rows(queries) : queries, right = cosine ? unit_rows(data) : data;
  const std::int64_t count = queries.extent(0), width = queries.extent(1);
  Neighbors result{Tensor::empty({count, k}, DType::i64), Tensor::empty({count, k})};
  auto* const indices = result.indices.mutable_data<std::int64_t>();
  auto* const distances = result.distances.mutable_data<float>();
  kernels::Context& context = kernels::Context::current();
  const auto& distance = kernels::table().f32.distance;
  Tensor block = Tensor::empty({std::min(count, kQueryBlock), std::min(data.extent(0), kDataBlock)});

  for (std::int64_t first = 0; first < count; first += kQueryBlock) {
    const std::int64_t rows = std::min(kQueryBlock, count - first);
    std::vector<Nearest> nearest(static_cast<std::size_t>(rows), Nearest(static_cast<std::size_t>(k)));
    for (std::int64_t start = 0; start < data.extent(0); start += kDataBlock) {
      const std::int64_t columns = std::min(kDataBlock, data.extent(0) - start);
      float* const values = block.mutable_data<float>();
      distance.rows(context, {rows, columns, width, row_metric(metric)}, left.data<float>() + first * width,
                    right.data<float>() + start * width, values);
      parallel_for(context.threads(), rows, kRowsPerTask, [&](std::int64_t begin, std::int64_t end) {
        for (std::int64_t row = begin; row < end; ++row)
          for (std::int64_t column = 0; column < columns; ++column)
            nearest[static_cast<std::size_t>(row)].offer(ordered(metric, values[row * columns + column]), start + column);
      });
    }
    for (std::int64_t row = 0; row < rows; ++row) {
      std::int64_t place = (first + row) * k;
      for (const auto& [value, index] : std::move(nearest[static_cast<std::size_t>(row)]).sorted()) {
        indices[place] = index;
        distances[place++] = distance_of(metric, value);
      }
    }
  }
  return result;
}

}  // namespace fovea
