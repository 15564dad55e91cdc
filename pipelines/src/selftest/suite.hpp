// How a slot is checked: the same generic body runs on the tested kernels and on the f64 reference, with the same numbers.
//
// A slot with a new contract, or a new slot, is one call of Suite::check in the file of its group:
//
//     suite.check("elementwise.add", {.tolerance = 1e-6}, kCounts, [](const auto& kernels) { return kernels.elementwise.add; },
//                 [](auto& run, const auto& kernels, std::int64_t count) {
//                   auto a = run.values(count), b = run.values(count), y = run.empty(count);
//                   kernels.elementwise.add(run.context(), count, a.data(), b.data(), y.data());
//                   run.result(y);
//                 });
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <type_traits>
#include <vector>

#include "fovea/base/bf16.hpp"
#include "fovea/base/random.hpp"
#include "fovea/kernels/kernel_table.hpp"
#include "fovea/pipelines/selftest.hpp"

namespace fovea::selftest_detail {

/// What the error of an element is measured against.
enum class Scale {
  value,  ///< the value itself, at least 1
  terms,  ///< the largest result on the magnitudes of the inputs: for sums of products
};

struct Accuracy {
  double tolerance = 1e-6;  ///< of f32 results; a result that is stored in bf16 may be off by 2^-8
  Scale scale = Scale::value;
};

/// One run of a body: gives it numbers, the same in every run, and collects its results.
template <class T>
class Run {
 public:
  using Weight = kernels::WeightOf<T>;

  /// The numbers are `Tested` values; with `magnitudes` they are all positive.
  template <class Tested>
  Run(std::type_identity<Tested>, kernels::Context& context, bool magnitudes)
      : context_(context),
        round_([](double value) { return static_cast<double>(static_cast<Tested>(static_cast<float>(value))); }),
        magnitudes_(magnitudes) {}

  kernels::Context& context() { return context_; }
  /// `count` activations in [-1, 1).
  std::vector<T> values(std::int64_t count) { return numbers<T>(count, -1, 1); }
  /// The same of the type that filters, biases and statistics have.
  std::vector<Weight> weights(std::int64_t count) { return numbers<Weight>(count, -1, 1); }
  /// In [0.5, 1.5).
  std::vector<Weight> positive_weights(std::int64_t count) { return numbers<Weight>(count, 0.5, 1.5); }
  std::vector<T> empty(std::int64_t count) { return std::vector<T>(static_cast<std::size_t>(count)); }
  std::vector<Weight> empty_weights(std::int64_t count) { return std::vector<Weight>(static_cast<std::size_t>(count)); }
  /// 64-byte aligned, filled with NaN; valid until the next call.
  void* scratch(std::size_t bytes) {
    void* const memory = context_.workspace(bytes);
    if (bytes > 0) std::memset(memory, 0xff, bytes);
    return memory;
  }
  /// `unit`: what the values are counted in, for sums of many terms among other results.
  template <class U>
  void result(const std::vector<U>& values, double unit = 1) {
    for (const U value : values) results.push_back(static_cast<double>(value) / unit);
    is_bf16.resize(results.size(), std::is_same_v<U, bf16>);
  }

  std::vector<double> results;
  std::vector<bool> is_bf16;

 private:
  template <class U>
  std::vector<U> numbers(std::int64_t count, double low, double high) {
    RandomStream stream(17, drawn_++);
    std::vector<U> result(static_cast<std::size_t>(count));
    for (U& value : result) {
      const double number = round_(stream.uniform(low, high));
      value = static_cast<U>(magnitudes_ ? std::abs(number) : number);
    }
    return result;
  }

  kernels::Context& context_;
  double (*round_)(double);
  bool magnitudes_;
  std::uint64_t drawn_ = 0;
};

/// The checks of one table's kernels for activations of type T.
template <class T>
class Suite {
 public:
  Suite(const kernels::KernelTable& table, std::vector<SelftestRow>& rows) : table_(table), rows_(rows), one_(1), all_(0) {}

  template <class Cases, class Slot, class Body>
  void check(const char* name, Accuracy accuracy, const Cases& cases, Slot slot, Body body) {
    const kernels::TypedKernels<T>& tested = table_.of<T>();
    const kernels::KernelTable& reference = kernels::reference_table();
    if (slot(tested) == slot(reference.of<T>())) return;
    SelftestRow row{.kernel = name, .table = table_.name, .precision = name_of_type(), .tolerance = accuracy.tolerance};
    if (slot(tested) == nullptr) row.failure = "the table has no such kernel";
    for (const auto& item : cases) {
      if (slot(tested) == nullptr) break;
      Run<T> alone(std::type_identity<T>{}, one_, false), together(std::type_identity<T>{}, all_, false);
      Run<double> exact(std::type_identity<T>{}, one_, false), terms(std::type_identity<T>{}, one_, true);
      body(alone, tested, item);
      body(together, tested, item);
      body(exact, reference.f64, item);
      if (accuracy.scale == Scale::terms) body(terms, reference.f64, item);
      compare(row, accuracy, alone, exact.results, terms.results);
      const std::vector<double>&a = alone.results, &b = together.results;
      if (row.passed() && (a.size() != b.size() || (!a.empty() && std::memcmp(a.data(), b.data(), a.size() * sizeof(double)) != 0)))
        row.failure = "shape " + std::to_string(row.shapes + 1) + ": other bits with all threads than with one";
      ++row.shapes;
    }
    rows_.push_back(std::move(row));
  }

 private:
  static const char* name_of_type() { return std::is_same_v<T, bf16> ? "bf16" : "f32"; }

  static void compare(SelftestRow& row, const Accuracy& accuracy, const Run<T>& actual, const std::vector<double>& expected,
                      const std::vector<double>& terms) {
    const double largest_term = terms.empty() ? 0 : *std::max_element(terms.begin(), terms.end());
    for (std::size_t i = 0; i < expected.size(); ++i) {
      const double scale = accuracy.scale == Scale::terms ? std::max(largest_term, 1e-30) : std::max(std::abs(expected[i]), 1.0);
      const double tolerance = actual.is_bf16[i] ? std::max(accuracy.tolerance, 0x1p-8) : accuracy.tolerance;
      const double error = std::abs(actual.results[i] - expected[i]) / scale;
      row.tolerance = std::max(row.tolerance, tolerance);
      row.largest_error = std::isnan(error) || error > row.largest_error ? error : row.largest_error;
      if (!(error <= tolerance) && row.passed())
        row.failure = "shape " + std::to_string(row.shapes + 1) + ": element " + std::to_string(i) + " is " +
                      std::to_string(actual.results[i]) + ", expected " + std::to_string(expected[i]);
    }
  }

  const kernels::KernelTable& table_;
  std::vector<SelftestRow>& rows_;
  kernels::Context one_, all_;
};

inline constexpr std::int64_t kCounts[] = {0, 1, 5, 15, 16, 17, 63, 1000, 40001};

// One function per group of slots, each in its own file, for T = float and bf16.
template <class T>
void check_conv2d(Suite<T>&);
template <class T>
void check_matmul(Suite<T>&);
template <class T>
void check_pool2d(Suite<T>&);
template <class T>
void check_window_pool2d(Suite<T>&);
template <class T>
void check_resample2d(Suite<T>&);
template <class T>
void check_batch_norm(Suite<T>&);
template <class T>
void check_elementwise(Suite<T>&);
template <class T>
void check_broadcast(Suite<T>&);
template <class T>
void check_activation_functions(Suite<T>&);
template <class T>
void check_group_norm(Suite<T>&);
template <class T>
void check_reduce(Suite<T>&);
template <class T>
void check_softmax(Suite<T>&);
template <class T>
void check_optimizer(Suite<T>&);

void check_distance(Suite<float>&);
void check_box_overlap(Suite<float>&);
void check_conversions(const kernels::KernelTable& table, std::vector<SelftestRow>& rows);

}  // namespace fovea::selftest_detail
