#include "benchmark_models.hpp"

#include <fmt/format.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "fovea/base/error.hpp"
#include "fovea/base/file.hpp"
#include "fovea/base/text.hpp"
#include "fovea/base/version.hpp"
#include "fovea/interchange/model_file.hpp"
#include "fovea/pipelines/benchmark.hpp"
#include "fovea/pipelines/detector_comparison.hpp"
#include "fovea/vision/image_writer.hpp"

namespace fovea::cli {

namespace {

namespace fs = std::filesystem;

constexpr double kUsualConfidence = 0.001;  // as evaluate: average precision wants the whole curve
constexpr std::int64_t kMemoryImages = 8;

/// Runs this program once more, silently. Gives its exit code.
int run_self(std::vector<std::string> words) {
  std::vector<char*> arguments;
  for (std::string& word : words) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  posix_spawn_file_actions_t silent;
  posix_spawn_file_actions_init(&silent);
  for (const int stream : {STDOUT_FILENO, STDERR_FILENO}) posix_spawn_file_actions_addopen(&silent, stream, "/dev/null", 1, 0);
  pid_t child = 0;
  const int error = posix_spawn(&child, "/proc/self/exe", &silent, nullptr, arguments.data(), environ);
  posix_spawn_file_actions_destroy(&silent);
  int status = 0;
  if (error != 0 || waitpid(child, &status, 0) != child) return -1;
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

/// In a process of its own, so that nothing else that was loaded here counts. 0 when that fails.
double memory_of(const ComparedDetector& detector, const BenchmarkModelsFlags& flags, const SharedOptions& shared) {
  const fs::path json = fs::temp_directory_path() / fmt::format("fovea-memory-{}.json", getpid());
  std::vector<std::string> words = {"fovea",         "benchmark",   "--models", detector.model, "--engine",
                                    detector.engine, "--data",      flags.data, "--threads",    std::to_string(shared.threads),
                                    "--device",      shared.device, "--json",   json.string(),  "--only-memory"};
  const auto pass_on = [&](const char* flag, const std::string& value) {
    if (!value.empty()) words.insert(words.end(), {flag, value});
  };
  pass_on("--split", flags.split);
  pass_on("--image-root", flags.image_root);
  pass_on("--precision", shared.precision.value_or(""));
  pass_on("--tile", flags.detector.tile);
  if (flags.detector.tile_overlap) pass_on("--tile-overlap", std::to_string(*flags.detector.tile_overlap));
  const bool done = run_self(words) == kAllDone;
  const double mib = done ? read_json_file(json)["peak_mib"].get<double>() : 0;
  std::error_code ignored;
  fs::remove(json, ignored);
  return mib;
}

/// The other side: what this process takes to search a few images.
int report_memory(const DetectionPipeline& pipeline, const AnnotatedDataset& data, const SharedOptions& shared) {
  for (std::int64_t i = 0; i < std::min(kMemoryImages, data.size()); ++i) pipeline.run(data.get(i).image);
  shared.write_json(to_text({{"peak_mib", peak_resident_mib()}}));
  return kAllDone;
}

/// Throws OptionError for a file of another task: its numbers would be others.
void require_detector_file(const std::string& model) {
  if (is_detector(model)) return;
  std::string task;
  try {
    task = load_model_metadata(model).task;
  } catch (const FileError&) {
    return;  // what is wrong with it stands in its row
  }
  throw OptionError(fmt::format("--models compares detectors, but {} is a model for the task \"{}\"", model, task));
}

}  // namespace

void BenchmarkModelsFlags::add_to(CLI::App& command) {
  CLI::Option* option =
      command.add_option("--models", models, "detectors on one data set, side by side: a.fovea,b.onnx,c.cfg")->delimiter(',');
  command.add_option("--data", data, "models: coco:FILE.json, voc:DIR, yolo:DIR or csv:FILE")->needs(option);
  command.add_option("--split", split, "models: train, val, test or all")->needs(option);
  command.add_option("--image-root", image_root, "models: where images are, when not where the format says")->needs(option);
  command.add_option("--plots", plots, "models: folder for speed_accuracy.png and .svg")->needs(option);
  command.add_flag("--only-memory", only_memory)->group("");
  detector.add_all_but_classes(command, "0.001");
}

int run_benchmark_models(const BenchmarkModelsFlags& flags, const SharedOptions& shared, std::int64_t rounds) {
  if (flags.data.empty()) throw OptionError("--models wants --data, the pictures to compare them on");
  std::vector<ComparedDetector> detectors;
  for (const std::string& model : flags.models) {
    require_detector_file(model);
    for (const std::string& engine : split(flags.detector.engine, ',')) detectors.push_back({model, engine});
  }
  const auto context = shared.make_context();
  const kernels::ContextGuard guard(*context);
  const AnnotatedDataset data(flags.data, {.split = flags.split, .image_root = flags.image_root});
  if (flags.only_memory) {
    DetectorFlags one = flags.detector;
    one.engine = detectors.front().engine;
    return report_memory(one.load(detectors.front().model, shared, kUsualConfidence), data, shared);
  }
  const std::vector<DetectorMeasurement> measured =
      compare_detectors(detectors, data,
                        {.detection = flags.detector.options(kUsualConfidence),
                         .device = shared.device,
                         .precision = shared.activation_type(),
                         .rounds = rounds},
                        context->threads(), [&](const ComparedDetector& detector) { return memory_of(detector, flags, shared); });
  for (const DetectorMeasurement& m : measured)
    for (const std::string& note : m.notes) shared.log(fmt::format("{} ({}): {}", m.detector.model, m.detector.engine, note));
  shared.log(fmt::format("split {}: {} images, {} threads", data.data().split, data.size(), context->threads().count()));
  if (shared.json != "-") fmt::print("{}", to_table(measured));
  shared.write_json(to_text({{"protocol", "coco"},
                             {"count", data.size()},
                             {"split", data.data().split},
                             {"threads", context->threads().count()},
                             {"rounds", rounds},
                             {"fovea_version", version()},
                             {"models", to_json(measured)}}));
  const auto failed = std::count_if(measured.begin(), measured.end(), [](const DetectorMeasurement& m) { return !m.error.empty(); });
  if (failed == std::ssize(measured)) return kUnusable;
  if (!flags.plots.empty()) {
    const Chart chart = speed_accuracy_chart(measured);
    save_image(fs::path(flags.plots) / "speed_accuracy.png", draw_chart(chart.options, chart.series));
    write_file(fs::path(flags.plots) / "speed_accuracy.svg", charts_to_svg(std::span(&chart, 1)));
  }
  return failed > 0 ? kSomeInputsFailed : kAllDone;
}

}  // namespace fovea::cli
