// What every verb has: flags, log, JSON output, exit codes.
#pragma once

#include <CLI/App.hpp>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>

#include "fovea/base/dtype.hpp"
#include "fovea/base/json.hpp"
#include "fovea/kernels/context.hpp"
#include "fovea/pipelines/directory_run.hpp"

namespace fovea::cli {

inline constexpr int kAllDone = 0;
inline constexpr int kSomeInputsFailed = 1;
inline constexpr int kUnusable = 2;

/// The flags that all verbs share.
struct SharedOptions {
  int threads = 0;
  std::optional<std::uint64_t> seed;  ///< of everything random in the verb; most have nothing random
  std::string device = "cpu";
  std::optional<std::string> precision;  ///< of activations: f32 or bf16
  bool quiet = false;
  std::string json;

  void add_to(CLI::App& command);
  /// The type of activations: f32 unless --precision says otherwise. Throws OptionError for another name.
  DType activation_type() const;
  /// Checks device and precision; the context to compute in. Throws OptionError for what this build lacks.
  std::unique_ptr<kernels::Context> make_context() const;
  /// A line for the person, on stderr; nothing with --quiet.
  void log(const std::string& line) const;
  /// Writes `text` where --json says: a file, or "-" for stdout. Nothing without the flag.
  void write_json(const std::string& text) const;
};

/// What results of `images` are named below: the folder itself, or that of the image or list.
std::filesystem::path folder_of(const std::string& images);

/// The end of a run over files: where failures are explained, the counts as JSON, the exit code.
int report_run(const SharedOptions& shared, const DirectoryRunSummary& summary, const std::filesystem::path& failed);

// One function per verb: adds the command to the application; running it sets the exit code.
void add_train(CLI::App& app, int& exit_code);
void add_evaluate(CLI::App& app, int& exit_code);
void add_evaluate_detections(CLI::App& app, int& exit_code);
void add_evaluate_segmentations(CLI::App& app, int& exit_code);
void add_predict(CLI::App& app, int& exit_code);
void add_superpixels(CLI::App& app, int& exit_code);
void add_evaluate_superpixels(CLI::App& app, int& exit_code);
void add_propose(CLI::App& app, int& exit_code);
void add_inspect(CLI::App& app, int& exit_code);
void add_search(CLI::App& app, int& exit_code);
void add_find_lr(CLI::App& app, int& exit_code);
void add_diagnose(CLI::App& app, int& exit_code);
void add_plot(CLI::App& app, int& exit_code);
void add_neighbors(CLI::App& app, int& exit_code);
void add_preview(CLI::App& app, int& exit_code);
void add_make_scenes(CLI::App& app, int& exit_code);
void add_anchors(CLI::App& app, int& exit_code);
void add_benchmark(CLI::App& app, int& exit_code);
void add_doctor(CLI::App& app, int& exit_code);
void add_convert(CLI::App& app, int& exit_code);
void add_import(CLI::App& app, int& exit_code);
void add_export(CLI::App& app, int& exit_code);
void add_selftest(CLI::App& app, int& exit_code);

}  // namespace fovea::cli
