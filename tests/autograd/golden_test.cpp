// Against PyTorch: the files of tests/golden, written by make_torch_goldens.py, which describes their layout.
#include <gtest/gtest.h>

#include <cmath>
#include <nlohmann/json.hpp>
#include <string>

#include "fovea/autograd/ops/average_pool2d.hpp"
#include "fovea/autograd/ops/batch_norm.hpp"
#include "fovea/autograd/ops/conv2d.hpp"
#include "fovea/autograd/ops/conv_transpose2d.hpp"
#include "fovea/autograd/ops/cross_entropy.hpp"
#include "fovea/autograd/ops/max_pool2d.hpp"
#include "fovea/base/json.hpp"
#include "tensors.hpp"

namespace fovea {
namespace {

using Numbers = std::vector<double>;
using Extents = std::vector<std::int64_t>;

/// sin(0.7 i + phase), as the generator has it.
Tensor wave(const Shape& shape, double phase) {
  Numbers values;
  for (std::int64_t i = 0; i < shape.numel(); ++i) values.push_back(std::sin(0.7 * static_cast<double>(i) + phase));
  return Tensor::from(values, shape);
}
constexpr double kX = 0.1, kFilter = 0.2, kBias = 0.3, kDy = 0.4, kGamma = 0.5, kBeta = 0.6, kMean = 0.7, kVariance = 0.8, kLogits = 0.9;

Shape shape_of(const Json& extents) { return Shape(extents.get<Extents>()); }
Extent2 extent2_of(const Json& pair) { return {pair[0], pair[1]}; }

/// Runs `check` on every case, in f64 and in f32, with the tolerance of the type.
template <class Check>
void for_each_case(const std::string& file, Check check) {
  const Json golden = read_json_file(FOVEA_GOLDEN_FOLDER "/" + file);
  ASSERT_FALSE(golden.at("cases").empty());
  for (const Json& entry : golden.at("cases"))
    for (const auto& [dtype, tolerance] : {std::pair{DType::f64, 1e-12}, std::pair{DType::f32, 1e-6}}) {
      SCOPED_TRACE(entry.at("name").get<std::string>() + " " + name_of(dtype));
      check(entry, dtype, tolerance);
    }
}

void expect_near(const Tensor& actual, const Json& expected, const Shape& shape, double tolerance) {
  EXPECT_TRUE(test::near(actual, expected.get<Numbers>(), shape, tolerance));
}

TEST(Golden, Conv2d) {
  for_each_case("conv2d.json", [](const Json& c, DType dtype, double tolerance) {
    const Json& padding = c.at("padding");
    const Conv2dGeometry geometry{.stride = extent2_of(c.at("stride")),
                                  .padding = {padding[0], padding[1], padding[2], padding[3]},
                                  .dilation = extent2_of(c.at("dilation")),
                                  .groups = c.at("groups")};
    const Shape x_shape = shape_of(c.at("x")), filter_shape = shape_of(c.at("filter")), y_shape = shape_of(c.at("y_shape"));
    const Variable x(wave(x_shape, kX).to(dtype), true), filter(wave(filter_shape, kFilter).to(dtype), true);
    const Variable bias(wave({filter_shape[0]}, kBias).to(dtype), true);
    const Variable y = conv2d(x, filter, bias, geometry);
    backward(y, wave(y.shape(), kDy).to(dtype));
    expect_near(y.value(), c.at("y"), y_shape, tolerance);
    expect_near(x.grad(), c.at("dx"), x_shape, tolerance);
    expect_near(filter.grad(), c.at("dfilter"), filter_shape, tolerance);
    expect_near(bias.grad(), c.at("dbias"), bias.shape(), tolerance);
  });
}

TEST(Golden, ConvTranspose2d) {
  for_each_case("conv_transpose2d.json", [](const Json& c, DType dtype, double tolerance) {
    const Json& padding = c.at("padding");
    const ConvTranspose2dGeometry geometry{.stride = extent2_of(c.at("stride")),
                                           .padding = {padding[0].get<std::int64_t>(), padding[1].get<std::int64_t>()},
                                           .output_padding = extent2_of(c.at("output_padding")),
                                           .dilation = extent2_of(c.at("dilation")),
                                           .groups = c.at("groups")};
    const Shape filter_shape = shape_of(c.at("filter"));
    const Variable x(wave(shape_of(c.at("x")), kX).to(dtype), true), filter(wave(filter_shape, kFilter).to(dtype), true);
    const Variable bias(wave({filter_shape[3] * geometry.groups}, kBias).to(dtype), true);
    const Variable y = conv_transpose2d(x, filter, bias, geometry);
    backward(y, wave(y.shape(), kDy).to(dtype));
    expect_near(y.value(), c.at("y"), shape_of(c.at("y_shape")), tolerance);
    expect_near(x.grad(), c.at("dx"), x.shape(), tolerance);
    expect_near(filter.grad(), c.at("dfilter"), filter_shape, tolerance);
    expect_near(bias.grad(), c.at("dbias"), bias.shape(), tolerance);
  });
}

TEST(Golden, Pool2d) {
  for_each_case("pool2d.json", [](const Json& c, DType dtype, double tolerance) {
    const Json& padding = c.at("padding");
    const Pool2dGeometry geometry{
        .window = extent2_of(c.at("window")), .stride = extent2_of(c.at("stride")), .padding = Padding(padding[0], padding[1])};
    const Variable x(wave(shape_of(c.at("x")), kX).to(dtype), true);
    const Variable y = c.at("kind") == "max" ? max_pool2d(x, geometry) : average_pool2d(x, geometry, c.at("count_padding"));
    backward(y, wave(y.shape(), kDy).to(dtype));
    expect_near(y.value(), c.at("y"), shape_of(c.at("y_shape")), tolerance);
    expect_near(x.grad(), c.at("dx"), x.shape(), tolerance);
  });
}

/// running = (1 - momentum) running + momentum batch, where the batch's variance is the unbiased one.
Tensor running(const Tensor& before, const Tensor& batch, double momentum, double correction) {
  Numbers after;
  const Numbers batch_values = test::values_of(batch);
  for (std::size_t c = 0; c < batch_values.size(); ++c)
    after.push_back((1 - momentum) * before.data<double>()[c] + momentum * correction * batch_values[c]);
  return Tensor::from(after, before.shape());
}

TEST(Golden, BatchNorm) {
  for_each_case("batch_norm.json", [](const Json& c, DType dtype, double tolerance) {
    const Shape shape = shape_of(c.at("x")), channels{shape.at(-1)};
    const double epsilon = c.at("epsilon"), momentum = c.at("momentum");
    const Variable x(wave(shape, kX).to(dtype), true), gamma(wave(channels, kGamma).to(dtype), true),
        beta(wave(channels, kBeta).to(dtype), true);
    const Tensor mean = wave(channels, kMean);
    Tensor variance = wave(channels, kVariance);
    for (std::int64_t i = 0; i < variance.numel(); ++i) variance.mutable_data<double>()[i] += 2;

    Variable y;
    if (c.at("training").get<bool>()) {
      const BatchNormResult result = batch_norm(x, gamma, beta, epsilon);
      y = result.output;
      const auto rows = static_cast<double>(shape.numel() / channels[0]);
      expect_near(running(mean, result.mean, momentum, 1), c.at("running_mean"), channels, tolerance);
      expect_near(running(variance, result.variance, momentum, rows / (rows - 1)), c.at("running_variance"), channels, tolerance);
    } else {
      y = batch_norm_fixed(x, gamma, beta, mean.to(dtype), variance.to(dtype), epsilon);
    }
    backward(y, wave(shape, kDy).to(dtype));
    expect_near(y.value(), c.at("y"), shape, tolerance);
    expect_near(x.grad(), c.at("dx"), shape, tolerance);
    expect_near(gamma.grad(), c.at("dgamma"), channels, tolerance);
    expect_near(beta.grad(), c.at("dbeta"), channels, tolerance);
  });
}

TEST(Golden, CrossEntropy) {
  for_each_case("cross_entropy.json", [](const Json& c, DType dtype, double tolerance) {
    const Shape shape = shape_of(c.at("logits"));
    const Shape rows(shape.extents().first(static_cast<std::size_t>(shape.rank() - 1)));
    CrossEntropyOptions options{.ignore_index = c.at("ignore_index"), .label_smoothing = c.at("label_smoothing")};
    const std::string reduction = c.at("reduction");
    options.reduction = reduction == "mean" ? Reduction::mean : reduction == "sum" ? Reduction::sum : Reduction::none;
    if (c.at("weighted").get<bool>()) {
      Numbers weights;
      for (std::int64_t k = 0; k < shape.at(-1); ++k) weights.push_back(0.5 + 0.25 * static_cast<double>(k));
      options.class_weights = Tensor::from(weights, {shape.at(-1)}).to(dtype);
    }
    const Variable logits(wave(shape, kLogits).to(dtype), true);
    const Variable loss = cross_entropy(logits, Tensor::from(c.at("targets").get<Extents>(), rows), options);
    backward(loss, wave(loss.shape(), kDy).to(dtype));
    expect_near(loss.value(), c.at("loss"), options.reduction == Reduction::none ? rows : Shape{}, tolerance);
    expect_near(logits.grad(), c.at("dlogits"), shape, tolerance);
  });
}

}  // namespace
}  // namespace fovea
