// Attention, batches of matrix products, and dropout of what belongs together.
#include "fovea/autograd/ops/attention.hpp"

#include "fovea/autograd/ops/matmul.hpp"
#include "fovea/autograd/ops/structured_dropout.hpp"
#include "selftest/gradients/suite.hpp"

namespace fovea::selftest_detail {

namespace {

void check_heads(GradientSuite& suite) {
  struct Case {
    std::int64_t samples, heads, queries, keys, depth, value_depth;
  };
  for (const Case& c : {Case{2, 1, 3, 5, 4, 4}, Case{1, 3, 7, 2, 5, 1}, Case{2, 2, 1, 1, 1, 3}, Case{0, 2, 3, 4, 2, 2}}) {
    const std::vector<Tensor> in{uniform({c.samples, c.queries, c.heads * c.depth}, 1), uniform({c.samples, c.keys, c.heads * c.depth}, 2),
                                 uniform({c.samples, c.keys, c.heads * c.value_depth}, 3)};
    Tensor visible = Tensor::full({c.queries, c.keys}, 1, DType::u8);
    for (std::int64_t i = 1; i < visible.numel(); i += 3) visible.mutable_data<std::uint8_t>()[i] = 0;
    const AttentionOptions options[] = {{.heads = c.heads},
                                        {.heads = c.heads, .scale = 1.5, .causal = true},
                                        {.heads = c.heads, .mask = visible},
                                        {.heads = c.heads, .mask = uniform({c.samples, c.keys}, 4), .mask_per_sample = true}};
    for (const AttentionOptions& o : options)
      suite.check(
          "attention", [=](const Inputs& x) { return attention(x[0], x[1], x[2], o); }, in);
    suite.check("self_attention", [=](const Inputs& x) { return self_attention(x[0], {.heads = c.heads}); },
                {uniform({c.samples, c.queries, 3 * c.heads * c.depth})});
  }
}

}  // namespace

void check_attention_gradients(GradientSuite& suite) {
  check_heads(suite);
  for (const std::int64_t batch : {0, 1, 3})
    for (const bool ta : {false, true})
      for (const bool tb : {false, true})
        suite.check("matmul", [=](const Inputs& in) { return matmul(in[0], in[1], {.transpose_a = ta, .transpose_b = tb}); },
                    {uniform(ta ? Shape{batch, 6, 5} : Shape{batch, 5, 6}, 1), uniform(tb ? Shape{batch, 2, 6} : Shape{batch, 6, 2}, 2)});
  for (const Shape& shape : {Shape{5, 3, 2, 7}, Shape{9, 4}, Shape{0, 2, 2, 3}}) {
    suite.check("spatial_dropout",
                [](const Inputs& in) {
                  RandomStream stream(3);
                  return spatial_dropout(in[0], 0.3, stream);
                },
                {uniform(shape)});
    for (const auto mode : {StochasticDepthMode::row, StochasticDepthMode::batch})
      suite.check("stochastic_depth",
                  [=](const Inputs& in) {
                    RandomStream stream(3);
                    return stochastic_depth(in[0], 0.3, mode, stream);
                  },
                  {uniform(shape)});
  }
}

}  // namespace fovea::selftest_detail
