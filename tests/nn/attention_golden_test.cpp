// Against PyTorch and torchvision: tests/golden/attention.json and norms.json, written by make_attention_goldens.py, which describes them.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <string>

#include "fovea/base/json.hpp"
#include "fovea/nn/normalization.hpp"
#include "fovea/nn/transformer.hpp"

namespace fovea {
namespace {

using Extents = std::vector<std::int64_t>;
using Numbers = std::vector<double>;

Tensor wave(const Shape& shape, double phase, double size = 1, double offset = 0) {
  Numbers values;
  for (std::int64_t i = 0; i < shape.numel(); ++i) values.push_back(offset + size * std::sin(0.7 * static_cast<double>(i) + phase));
  return Tensor::from(values, shape);
}

Shape shape_of(const Json& extents) { return Shape(extents.get<Extents>()); }

void fill(Module& module) {
  for (const NamedParameter& p : module.parameters()) {
    const bool is_norm = p.name.starts_with("ln_") && p.name.ends_with("weight");
    Tensor(p.variable.value()).copy_(wave(p.variable.shape(), static_cast<double>(p.name.size()), 0.3, is_norm ? 1 : 0));
  }
}

void expect_near(const Tensor& actual, const Json& expected, const std::string& what) {
  ASSERT_TRUE(actual.defined()) << what;
  const auto numbers = expected.get<Numbers>();
  const auto values = actual.to_vector<double>();
  ASSERT_EQ(values.size(), numbers.size()) << what;
  double largest = 1;
  for (const double number : numbers) largest = std::max(largest, std::abs(number));
  for (std::size_t i = 0; i < values.size(); ++i) ASSERT_NEAR(values[i], numbers[i], 1e-12 * largest) << what << ", element " << i;
}

void expect_gradients(const Module& module, const Json& gradients) {
  ASSERT_EQ(module.parameters().size(), gradients.size());
  for (const NamedParameter& p : module.parameters()) {
    ASSERT_TRUE(gradients.contains(p.name)) << p.name;
    expect_near(p.variable.grad(), gradients.at(p.name), "gradient of " + p.name);
  }
}

Json cases_of(const std::string& file) { return read_json_file(std::string(FOVEA_GOLDEN_FOLDER "/") + file).at("cases"); }

AttentionMask mask_of(const Json& c, std::int64_t queries, std::int64_t keys) {
  AttentionMask mask{.causal = c.at("causal")};
  if (c.at("hidden_keys").empty()) return mask;
  mask.mask = Tensor::full({queries, keys}, 1, DType::u8);
  for (std::int64_t i = 0; i < queries; ++i)
    for (const std::int64_t hidden : c.at("hidden_keys")) mask.mask.mutable_data<std::uint8_t>()[i * keys + hidden] = 0;
  return mask;
}

TEST(AttentionGolden, MultiheadAttentionIsTorchs) {
  int compared = 0;
  for (const Json& c : cases_of("attention.json")) {
    if (c.at("kind") == "block") continue;
    SCOPED_TRACE(c.at("name").get<std::string>());
    MultiheadAttention layer(c.at("features"), {.heads = c.at("heads")});
    layer.to(DType::f64);
    fill(layer);
    const Variable x(wave(shape_of(c.at("x")), 0.1), true);
    const std::int64_t queries = x.shape()[1];
    Variable y;
    if (c.at("kind") == "cross") {
      const Variable context(wave(shape_of(c.at("context")), 0.2), true);
      y = layer.forward(x, context, mask_of(c, queries, context.shape()[1]));
      backward(y, wave(y.shape(), 0.3));
      expect_near(context.grad(), c.at("dcontext"), "dcontext");
    } else {
      y = layer.forward(x, mask_of(c, queries, queries));
      backward(y, wave(y.shape(), 0.3));
    }
    expect_near(y.value(), c.at("y"), "y");
    expect_near(x.grad(), c.at("dx"), "dx");
    expect_gradients(layer, c.at("gradients"));
    ++compared;
  }
  EXPECT_EQ(compared, 5);
}

TEST(AttentionGolden, TheTransformerBlockIsTorchvisions) {
  int compared = 0;
  for (const Json& c : cases_of("attention.json")) {
    if (c.at("kind") != "block") continue;
    TransformerBlock block(c.at("features"), {.heads = c.at("heads"), .hidden = c.at("hidden")});
    block.to(DType::f64);
    fill(block);
    std::vector<std::string> names;
    for (const StateEntry& entry : block.state_dict()) names.push_back(entry.name);
    EXPECT_EQ(names, c.at("names").get<std::vector<std::string>>());
    const Variable x(wave(shape_of(c.at("x")), 0.1), true);
    const Variable y = block(x);
    backward(y, wave(y.shape(), 0.3));
    expect_near(y.value(), c.at("y"), "y");
    expect_near(x.grad(), c.at("dx"), "dx");
    expect_gradients(block, c.at("gradients"));
    ++compared;
  }
  EXPECT_EQ(compared, 1);
}

std::unique_ptr<Layer> norm_of(const Json& c) {
  const std::string kind = c.at("kind");
  if (kind == "layer") return std::make_unique<LayerNorm>(shape_of(c.at("parameters")));
  if (kind == "group") return std::make_unique<GroupNorm>(c.at("groups").get<std::int64_t>(), c.at("parameters")[0].get<std::int64_t>());
  if (kind == "instance") return std::make_unique<InstanceNorm2d>(c.at("parameters")[0].get<std::int64_t>(), NormOptions{});
  return std::make_unique<LocalResponseNorm>(
      LocalResponseNormOptions{.size = c.at("size"), .alpha = c.at("alpha"), .beta = c.at("beta"), .k = c.at("k")});
}

TEST(NormGolden, NormalisationsAreTorchs) {
  int compared = 0;
  for (const Json& c : cases_of("norms.json")) {
    SCOPED_TRACE(c.at("name").get<std::string>());
    const auto layer = norm_of(c);
    layer->to(DType::f64);
    for (const NamedParameter& p : layer->parameters())
      Tensor(p.variable.value()).copy_(wave(p.variable.shape(), static_cast<double>(p.name.size()), 0.3, p.name == "weight" ? 1 : 0));
    const Variable x(wave(shape_of(c.at("x")), 0.1), true);
    const Variable y = (*layer)(x);
    backward(y, wave(y.shape(), 0.3));
    expect_near(y.value(), c.at("y"), "y");
    expect_near(x.grad(), c.at("dx"), "dx");
    for (const NamedParameter& p : layer->parameters()) expect_near(p.variable.grad(), c.at("d" + p.name), "d" + p.name);
    ++compared;
  }
  EXPECT_EQ(compared, 10);
}

}  // namespace
}  // namespace fovea
