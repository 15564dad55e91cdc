#include "fovea/pipelines/directory_run.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>

#include "fovea/base/error.hpp"
#include "fovea/base/file.hpp"
#include "fovea/base/text.hpp"
#include "fovea/data/batch_loader.hpp"
#include "fovea/vision/image_loader.hpp"

namespace fovea {

namespace fs = std::filesystem;

namespace {

struct LoadedFile {
  fs::path file;
  cv::Mat image;       // empty when the file failed
  std::string reason;  // why
};

LoadedFile load(const fs::path& file) {
  try {
    return {file, load_image(file), ""};
  } catch (const FileError& error) {
    return {file, cv::Mat(), error.reason()};
  } catch (const std::exception& error) {  // one bad file never ends a run
    return {file, cv::Mat(), error.what()};
  }
}

std::vector<fs::path> read_list(const fs::path& list) {
  std::vector<fs::path> files;
  for (std::string line : split(read_text_file(list), '\n')) {
    if (!line.empty() && line.back() == '\r') line.pop_back();
    if (!line.empty()) files.push_back(list.parent_path() / line);  // an absolute line replaces the folder
  }
  if (files.empty()) throw FileError(list.string(), "lists no image");
  return files;
}

}  // namespace

std::vector<fs::path> find_images(const fs::path& argument) {
  if (!fs::exists(argument))
    throw FileError(argument.string(), "does not exist; expected a folder of images, an image, or a .txt list of images");
  if (!fs::is_directory(argument)) return argument.extension() == ".txt" ? read_list(argument) : std::vector{argument};
  std::vector<fs::path> files = list_images(argument);
  if (files.empty()) throw FileError(argument.string(), "holds no image files");
  return files;
}

DirectoryRunSummary run_directory(const ClassificationPipeline& pipeline, std::span<const fs::path> files, ClassificationWriter& writer,
                                  const DirectoryRunOptions& options) {
  if (options.batch < 1) throw OptionError(fmt::format("a batch holds at least 1 image, found {}", options.batch));
  const auto start = std::chrono::steady_clock::now();
  const auto count = static_cast<std::int64_t>(files.size());
  const auto make = [&](std::int64_t batch) {
    std::vector<LoadedFile> loaded;
    for (std::int64_t i = batch * options.batch; i < std::min(count, (batch + 1) * options.batch); ++i)
      loaded.push_back(load(files[static_cast<std::size_t>(i)]));
    return loaded;
  };
  BatchLoader<std::vector<LoadedFile>> loader((count + options.batch - 1) / options.batch, make, {.workers = options.workers});
  DirectoryRunSummary summary;
  for (std::int64_t batch = 0; batch < loader.batches(); ++batch) {
    const std::vector<LoadedFile> loaded = loader.next();
    std::vector<cv::Mat> images;
    for (const LoadedFile& entry : loaded)
      if (!entry.image.empty()) images.push_back(entry.image);
    const std::vector<Classification> results = pipeline.run(images);
    auto result = results.begin();
    for (const LoadedFile& entry : loaded) {
      if (entry.image.empty()) {
        ++summary.failures;
        writer.fail(entry.file, entry.reason);
      } else {
        ++summary.images;
        writer.write(entry.file, entry.image, *result++);
      }
    }
  }
  summary.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  return summary;
}

}  // namespace fovea
