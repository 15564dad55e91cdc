// fovea benchmark: how fast a network or an operation runs here, or several detectors, side by side.
#include "fovea/pipelines/benchmark.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "benchmark_models.hpp"
#include "fovea/base/error.hpp"
#include "fovea/base/text.hpp"
#include "fovea/pipelines/classifier_recipe.hpp"
#include "shared_options.hpp"

namespace fovea::cli {

namespace {

using Numbers = std::vector<std::int64_t>;

struct BenchmarkFlags {
  SharedOptions shared;
  BenchmarkBudget budget;
  std::string op, mode = "infer", pass = "forward", image_size;
  ModelBenchmark model;
  MatmulBenchmark matmul;
  BenchmarkModelsFlags models;
  Numbers input, filter, stride = {1}, padding = {0}, dilation = {1};
  std::int64_t groups = 1;
};

/// Throws OptionError unless `value` is one of `known`.
const std::string& one_of(const char* kind, const std::string& value, const std::vector<std::string>& known) {
  if (std::find(known.begin(), known.end(), value) == known.end()) throw OptionError(unknown_name_message(kind, value, known));
  return value;
}

[[noreturn]] void wrong_count(const char* flag, const char* meaning, const Numbers& numbers) {
  throw OptionError(fmt::format("{} wants {}, found {}", flag, meaning, fmt::join(numbers, ",")));
}

Shape to_shape(const char* flag, const char* meaning, const Numbers& numbers, std::size_t count) {
  if (numbers.size() != count || *std::min_element(numbers.begin(), numbers.end()) < 1) wrong_count(flag, meaning, numbers);
  return Shape(numbers);
}

Extent2 to_extent2(const char* flag, const Numbers& numbers) {
  if (numbers.size() == 1) return numbers[0];
  if (numbers.size() != 2) wrong_count(flag, "one number, or height,width", numbers);
  return {numbers[0], numbers[1]};
}

Padding to_padding(const Numbers& numbers) {
  switch (numbers.size()) {
    case 1:
      return numbers[0];
    case 2:
      return {numbers[0], numbers[1]};
    case 4:
      return {numbers[0], numbers[1], numbers[2], numbers[3]};
    default:
      wrong_count("--padding", "one number, or vertical,horizontal, or top,bottom,left,right", numbers);
  }
}

kernels::Conv2dPass to_pass(const std::string& name) {
  one_of("pass", name, {"forward", "backward_data", "backward_filter"});
  if (name == "forward") return kernels::Conv2dPass::forward;
  return name == "backward_data" ? kernels::Conv2dPass::backward_data : kernels::Conv2dPass::backward_filter;
}

BenchmarkResult run_model(const BenchmarkFlags& flags) {
  ModelBenchmark wanted = flags.model;
  wanted.train = one_of("mode", flags.mode, {"infer", "train"}) == "train";
  wanted.seed = flags.shared.seed;
  wanted.precision = flags.shared.activation_type();
  if (!flags.image_size.empty()) {
    const ImageSize size = parse_image_size(flags.image_size);
    wanted.height = size.height;
    wanted.width = size.width;
  }
  return benchmark_model(wanted, flags.budget);
}

BenchmarkResult run_op(const BenchmarkFlags& flags) {
  const std::uint64_t seed = flags.shared.seed.value_or(1);
  if (one_of("op", flags.op, {"conv2d", "matmul"}) == "matmul") {
    MatmulBenchmark wanted = flags.matmul;
    wanted.seed = seed;
    wanted.precision = flags.shared.activation_type();
    return benchmark_matmul(wanted, flags.budget);
  }
  if (flags.input.empty() || flags.filter.empty()) throw OptionError("--op conv2d wants --input N,H,W,C and --filter K,R,S");
  return benchmark_conv2d({.input = to_shape("--input", "four numbers N,H,W,C of 1 or more", flags.input, 4),
                           .filter = to_shape("--filter", "three numbers K,R,S of 1 or more", flags.filter, 3),
                           .geometry = {.stride = to_extent2("--stride", flags.stride),
                                        .padding = to_padding(flags.padding),
                                        .dilation = to_extent2("--dilation", flags.dilation),
                                        .groups = flags.groups},
                           .pass = to_pass(flags.pass),
                           .precision = flags.shared.activation_type(),
                           .seed = seed},
                          flags.budget);
}

int run_benchmark(const BenchmarkFlags& flags) {
  if (!flags.models.models.empty() + !flags.model.model.empty() + !flags.op.empty() != 1)
    throw OptionError("benchmark wants one of --model NAME, --op conv2d|matmul and --models FILES");
  if (!flags.models.models.empty()) return run_benchmark_models(flags.models, flags.shared, std::max<std::int64_t>(1, flags.budget.repeat));
  flags.models.detector.require_none();
  const auto context = flags.shared.make_context();
  const kernels::ContextGuard guard(*context);
  const BenchmarkResult result = flags.op.empty() ? run_model(flags) : run_op(flags);
  if (flags.shared.json != "-") fmt::print("{}", result.to_text());
  flags.shared.write_json(to_text(result.to_json()));
  return kAllDone;
}

}  // namespace

void add_benchmark(CLI::App& app, int& exit_code) {
  auto flags = std::make_shared<BenchmarkFlags>();
  CLI::App* command =
      app.add_subcommand("benchmark", "Measure how fast a network or an operation runs on this machine, or compare detectors");
  command->footer(
      "Example:\n"
      "  fovea benchmark --model resnet18 --batch 16 --image-size 224 --classes 1000 --mode train --threads 2\n"
      "  fovea benchmark --op conv2d --input 32,56,56,64 --filter 64,3,3 --stride 1 --padding 1 --pass backward_data --json -\n"
      "  fovea benchmark --op matmul --m 1024 --n 1024 --k 1024\n"
      "  fovea benchmark --models a.fovea,b.onnx --engine fovea,opencv-dnn --data coco:instances.json --plots plots/\n\n"
      "Random weights and images. A training step is forward pass, cross entropy, backward pass and SGD with momentum. Two operations for\n"
      "each multiply-add of convolutions and linear layers, three times as many in a training step. FOVEA_ISA forces an instruction set.");
  CLI::Option* model = command->add_option("--model", flags->model.model, "a network of the catalogue, with random weights");
  CLI::Option* op = command->add_option("--op", flags->op, "conv2d or matmul");
  command->add_option("--seconds", flags->budget.seconds, "that the measured runs take together, about")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  command
      ->add_option("--repeat", flags->budget.repeat,
                   "measured runs, instead of --seconds; of --models how often every image is searched (1)")
      ->check(CLI::PositiveNumber);

  command->add_option("--mode", flags->mode, "infer or train")->capture_default_str()->needs(model);
  command->add_option("--batch", flags->model.batch, "images at a time")->check(CLI::PositiveNumber)->capture_default_str()->needs(model);
  command->add_option("--image-size", flags->image_size, "N or WxH (the network's usual size)")->needs(model);
  command->add_option("--channels", flags->model.channels, "of the images (the network's usual)")->check(CLI::PositiveNumber)->needs(model);
  command->add_option("--classes", flags->model.classes, "outputs (the network's usual)")->check(CLI::PositiveNumber)->needs(model);
  command->add_option("--model-options", flags->model.options, "JSON, for instance {\"widths\":[8,16,32,64]}")->needs(model);

  command->add_option("--input", flags->input, "conv2d: N,H,W,C")->delimiter(',')->needs(op);
  command->add_option("--filter", flags->filter, "conv2d: K,R,S")->delimiter(',')->needs(op);
  command->add_option("--stride", flags->stride, "conv2d: N or height,width (1)")->delimiter(',')->needs(op);
  command->add_option("--padding", flags->padding, "conv2d: N, or vertical,horizontal, or top,bottom,left,right (0)")
      ->delimiter(',')
      ->needs(op);
  command->add_option("--dilation", flags->dilation, "conv2d: N or height,width (1)")->delimiter(',')->needs(op);
  command->add_option("--groups", flags->groups, "conv2d (1)")->needs(op);
  command->add_option("--pass", flags->pass, "conv2d: forward, backward_data or backward_filter")->capture_default_str()->needs(op);
  command->add_option("--m", flags->matmul.m, "matmul: rows of the result")->needs(op);
  command->add_option("--n", flags->matmul.n, "matmul: columns of the result")->needs(op);
  command->add_option("--k", flags->matmul.k, "matmul: terms of each sum")->needs(op);
  command->add_flag("--transpose-a", flags->matmul.transpose_a, "matmul: the left factor is stored [k,m]")->needs(op);
  command->add_flag("--transpose-b", flags->matmul.transpose_b, "matmul: the right factor is stored [n,k]")->needs(op);
  flags->models.add_to(*command);
  flags->shared.add_to(*command);
  command->callback([flags, &exit_code] { exit_code = run_benchmark(*flags); });
}

}  // namespace fovea::cli
