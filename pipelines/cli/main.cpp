// The fovea command: one verb per file.
#include <fmt/format.h>

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <csignal>
#include <cstdio>
#include <exception>
#include <new>
#include <string>
#include <vector>

#include "fovea/base/text.hpp"
#include "fovea/base/version.hpp"
#include "shared_options.hpp"

namespace {

/// Of a misspelt verb CLI11 says only that one is required. "" when something else is wrong.
std::string unknown_verb(const CLI::App& app) {
  const std::vector<std::string> words = app.remaining();
  if (!app.get_subcommands().empty() || words.empty() || words.front().starts_with('-')) return "";
  std::vector<std::string> verbs;
  for (const CLI::App* verb : app.get_subcommands([](const CLI::App*) { return true; })) verbs.push_back(verb->get_name());
  return fovea::unknown_name_message("verb", words.front(), verbs);
}

}  // namespace

int main(int argc, char** argv) {
  using namespace fovea::cli;
  std::signal(SIGXFSZ, SIG_IGN);  // a file that may grow no further is an error with a name, not the end of the program
  CLI::App app(
      "Trains, runs and evaluates image classifiers; measures detections and segmentations; finds superpixels and proposals.\n\nExit "
      "codes: 0 all done, 1 "
      "some inputs failed, 2 usage or unusable "
      "input; 130 and 143: a training was stopped by SIGINT or SIGTERM.",
      "fovea");
  app.set_version_flag("--version", fovea::version());
  app.require_subcommand(1);
  app.get_formatter()->column_width(36);
  int exit_code = kAllDone;
  add_train(app, exit_code);
  add_evaluate(app, exit_code);
  add_evaluate_detections(app, exit_code);
  add_evaluate_segmentations(app, exit_code);
  add_predict(app, exit_code);
  add_search(app, exit_code);
  add_find_lr(app, exit_code);
  add_diagnose(app, exit_code);
  add_plot(app, exit_code);
  add_doctor(app, exit_code);
  add_neighbors(app, exit_code);
  add_preview(app, exit_code);
  add_make_scenes(app, exit_code);
  add_anchors(app, exit_code);
  add_superpixels(app, exit_code);
  add_evaluate_superpixels(app, exit_code);
  add_propose(app, exit_code);
  add_inspect(app, exit_code);
  add_benchmark(app, exit_code);
  add_convert(app, exit_code);
  add_import(app, exit_code);
  add_export(app, exit_code);
  add_selftest(app, exit_code);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    if (const std::string message = unknown_verb(app); error.get_exit_code() != 0 && !message.empty()) {
      fmt::print(stderr, "fovea: {}\n", message);
      return kUnusable;
    }
    return app.exit(error) == 0 ? kAllDone : kUnusable;
  } catch (const std::bad_alloc&) {
    fmt::print(stderr, "fovea: not enough memory\n");
    return kUnusable;
  } catch (const std::exception& error) {
    fmt::print(stderr, "fovea: {}\n", error.what());
    return kUnusable;
  }
  return exit_code;
}
