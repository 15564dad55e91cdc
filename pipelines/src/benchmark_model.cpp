#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <vector>

#include "benchmark_runs.hpp"
#include "fovea/autograd/ops/cross_entropy.hpp"
#include "fovea/base/error.hpp"
#include "fovea/base/random.hpp"
#include "fovea/pipelines/catalogue.hpp"
#include "fovea/pipelines/network_report.hpp"
#include "fovea/training/sgd.hpp"

namespace fovea {

namespace {

constexpr double kLearningRate = 0.01;
// On every parameter, norms and biases too, as frameworks do that are not told otherwise.
constexpr SgdOptions kSgd{.momentum = 0.9, .weight_decay = 1e-4, .decay_biases_and_norms = true};

/// The sizes that are wanted, the network's usual ones where none are.
ModelBenchmark resolve(ModelBenchmark wanted) {
  const CatalogueEntry entry = require_network(wanted.model);
  const Json usual = default_architecture(wanted.model);
  for (const std::int64_t size : {wanted.height, wanted.width, wanted.channels, wanted.classes})
    if (size < 0) throw OptionError(fmt::format("sizes are at least 1, found {}", size));
  if (wanted.batch < 1) throw OptionError(fmt::format("a batch holds at least 1 image, found {}", wanted.batch));
  if (wanted.height == 0) wanted.height = entry.image_size;
  if (wanted.width == 0) wanted.width = entry.image_size;
  if (wanted.channels == 0) wanted.channels = usual.at("channels").get<std::int64_t>();
  if (wanted.classes == 0) wanted.classes = usual.at("classes").get<std::int64_t>();
  return wanted;
}

/// A class for every row of logits: for the image or for each pixel.
Tensor random_targets(const Shape& logits, std::uint64_t seed) {
  const auto rows = logits.extents().first(static_cast<std::size_t>(logits.rank() - 1));
  Tensor targets = Tensor::empty(Shape(rows), DType::i64);
  RandomStream stream(seed, 1);
  for (std::int64_t i = 0; i < targets.numel(); ++i)
    targets.mutable_data<std::int64_t>()[i] = static_cast<std::int64_t>(stream.below(static_cast<std::uint64_t>(logits.at(-1))));
  return targets;
}

BenchmarkResult benchmark_inference(Layer& network, const Variable& images, const BenchmarkBudget& budget) {
  const NoGradGuard no_grad;
  network.eval();
  return benchmark_runs([&] { network.forward(images); }, budget, static_cast<double>(images.extent(0)), 0);
}

BenchmarkResult benchmark_training(Layer& network, const Variable& images, std::uint64_t seed, const BenchmarkBudget& budget) {
  network.train();
  Sgd optimizer(network.parameters(), kSgd);
  Tensor targets;  // their shape is known after the first pass
  const auto step = [&] {
    optimizer.clear_grad();
    const Variable logits = network.forward(images);
    if (!targets.defined()) targets = random_targets(logits.shape(), seed);
    backward(cross_entropy(logits, targets));
    optimizer.step(kLearningRate);
  };
  return benchmark_runs(step, budget, static_cast<double>(images.extent(0)), 0);
}

}  // namespace

BenchmarkResult benchmark_model(const ModelBenchmark& wanted, const BenchmarkBudget& budget) {
  const ModelBenchmark run = resolve(wanted);
  const NetworkInput input{.height = run.height, .width = run.width, .channels = run.channels};
  const Json architecture = network_architecture(run.model, input, run.classes, parse_json(run.options, "model options"));
  const auto network = build_network(architecture, run.model);
  if (run.seed) initialize(*network, *run.seed);
  const std::uint64_t seed = run.seed.value_or(1);
  const Variable images(random_values({run.batch, run.height, run.width, run.channels}, seed, 0));
  BenchmarkResult result = run.train ? benchmark_training(*network, images, seed, budget) : benchmark_inference(*network, images, budget);
  // Last, because the report keeps every activation of an image, which is not to count as the network's memory.
  const std::int64_t macs = report_network(*network, run.height, run.width, run.channels).macs;
  result.gflops = (run.train ? 3 : 1) * 2e-9 * static_cast<double>(macs) * result.images_per_s;
  result.inputs = Json({{"model", run.model},
                        {"mode", run.train ? "train" : "infer"},
                        {"batch", run.batch},
                        {"height", run.height},
                        {"width", run.width},
                        {"channels", run.channels},
                        {"classes", run.classes},
                        {"parameters", network->parameter_count()},
                        {"macs", macs},
                        {"precision", "f32"}})
                      .dump();
  return result;
}

}  // namespace fovea
