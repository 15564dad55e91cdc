// The list behind `fovea selftest --gradients`. A new operation is a line or a few in the file of its group, with awkward sizes, its
// settings (stride, dilation, groups, reductions) and an empty batch:
//
//     for (const Shape& shape : {Shape{1}, Shape{2, 3, 5, 7}, Shape{0, 4}}) suite.check("fold", fold, {uniform(shape)});
//     suite.check("fold", [](const Inputs& in) { return fold(in[0], in[1], {.stride = 2}); }, {uniform({2, 9, 7, 3}), uniform({3})});
//
// A new group is a file with one function, declared below and called in gradient_selftest.cpp. tests/pipelines/gradient_selftest_test.cpp
// reads the sources of the operations and fails when one of them is not in the list.
#pragma once

#include <string>
#include <vector>

#include "fovea/autograd/gradient_check.hpp"
#include "fovea/pipelines/gradient_selftest.hpp"

namespace fovea::selftest_detail {

using Inputs = std::vector<Variable>;

class GradientSuite {
 public:
  explicit GradientSuite(std::vector<GradientRow>& rows) : rows_(rows) {}
  /// Adds one case of `operation`: f at these f64 inputs. Exceptions count as failures.
  void check(const std::string& operation, const VariableFunction& f, const std::vector<Tensor>& inputs);
  /// For operations of one variable without settings.
  void check(const std::string& operation, Variable (*f)(const Variable&), const std::vector<Tensor>& inputs) {
    check(
        operation, [f](const Inputs& in) { return f(in[0]); }, inputs);
  }

 private:
  GradientRow& row(const std::string& operation);

  std::vector<GradientRow>& rows_;
};

/// f64 values uniform in [low, high), others for every seed.
Tensor uniform(const Shape& shape, std::uint64_t seed = 1, double low = -1, double high = 1);
/// f64 values in (-1, 1) with no ties and none near zero: for operations with kinks.
Tensor distinct(const Shape& shape, std::uint64_t seed = 1);

// One function per group, each in its own file.
void check_activation_gradients(GradientSuite&);
void check_attention_gradients(GradientSuite&);
void check_basic_gradients(GradientSuite&);
void check_convolution_gradients(GradientSuite&);
void check_maths_gradients(GradientSuite&);
void check_normalization_gradients(GradientSuite&);
void check_pooling_gradients(GradientSuite&);
void check_rearrange_gradients(GradientSuite&);

}  // namespace fovea::selftest_detail
