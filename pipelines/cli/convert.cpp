// fovea convert: a data set in another form.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "fovea/base/error.hpp"
#include "fovea/data/data_source.hpp"
#include "fovea/pipelines/class_folder.hpp"
#include "fovea/vision/image_writer.hpp"
#include "shared_options.hpp"

namespace fovea::cli {

namespace {

namespace fs = std::filesystem;

struct ConvertFlags {
  SharedOptions shared;
  std::string from, to, split, names;
  std::int64_t count = 0;
};

/// The folder behind "folder:DIR".
fs::path target_folder(const std::string& to) {
  constexpr std::string_view kScheme = "folder:";
  if (!to.starts_with(kScheme) || to.size() == kScheme.size()) throw OptionError(fmt::format("--to {}: expected folder:DIR", to));
  const fs::path folder = to.substr(kScheme.size());
  if (fs::exists(folder) && !(fs::is_directory(folder) && fs::is_empty(folder)))
    throw FileError(folder.string(), "exists and is not an empty folder");
  return folder;
}

void run_convert(const ConvertFlags& flags) {
  const auto context = flags.shared.make_context();
  const kernels::ContextGuard guard(*context);
  const fs::path folder = target_folder(flags.to);
  const ClassificationData data = open_classification_data(flags.from, {.seed = flags.shared.seed.value_or(1), .names_file = flags.names});
  const NamedSplit split = resolve_split(data, flags.split);
  const ClassificationDataset& dataset = *split.dataset;
  const std::int64_t count = flags.count == 0 ? dataset.size() : std::min(flags.count, dataset.size());
  for (std::int64_t i = 0; i < count; ++i) {
    const ClassificationSample sample = dataset.get(i);
    const std::string& label = dataset.labels()[static_cast<std::size_t>(sample.label)];
    save_image(folder / class_folder(label) / fmt::format("{:05}.png", i), sample.image);
  }
  flags.shared.log(fmt::format("split {}: {} of {} images written to {}", split.name, count, dataset.size(), folder.string()));
  flags.shared.write_json(to_text({{"split", split.name}, {"count", count}}));
}

}  // namespace

void add_convert(CLI::App& app, int&) {
  auto flags = std::make_shared<ConvertFlags>();
  CLI::App* command = app.add_subcommand("convert", "Write a data set in another form: labelled images as folders of classes");
  command->footer("Example:\n  fovea convert --from idx:/usr/share/datasets/fashion-mnist --split test --count 200 --to folder:samples");
  command->add_option("--from", flags->from, "idx:DIR or folder:DIR")->required();
  command->add_option("--to", flags->to, "folder:DIR, which must be empty or missing")->required();
  command->add_option("--split", flags->split, "train, val, test or all (test, else val, else all)");
  command->add_option("--count", flags->count, "only the first images of the split; 0: all")->check(CLI::NonNegativeNumber);
  command->add_option("--names", flags->names, "file with one class name per line, for data that has none");
  flags->shared.add_to(*command);
  command->callback([flags] { run_convert(*flags); });
}

}  // namespace fovea::cli
