#include "fovea/pipelines/directory_run.hpp"

#include <chrono>

#include "fovea/base/error.hpp"
#include "fovea/base/file.hpp"
#include "fovea/base/text.hpp"
#include "fovea/vision/image_loader.hpp"
#include "loaded_files.hpp"

namespace fovea {

namespace fs = std::filesystem;

namespace {

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

DirectoryRunSummary for_each_image(std::span<const fs::path> files, const DirectoryRunOptions& options,
                                   const std::function<void(const fs::path& file, const cv::Mat& image)>& use,
                                   const std::function<void(const fs::path& file, const std::string& reason)>& fail) {
  const auto start = std::chrono::steady_clock::now();
  const auto loader = load_files(files, {.batch = 1, .workers = options.workers});
  DirectoryRunSummary summary;
  const auto set_aside = [&](const fs::path& file, const std::string& reason) {
    ++summary.failures;
    fail(file, reason);
  };
  for (std::int64_t i = 0; i < loader->batches(); ++i) {
    const LoadedFile loaded = loader->next().front();
    if (loaded.image.empty()) {
      set_aside(loaded.file, loaded.reason);
      continue;
    }
    try {
      use(loaded.file, loaded.image);
      ++summary.images;
    } catch (const Error& error) {
      set_aside(loaded.file, error.what());
    }
  }
  summary.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  return summary;
}

DirectoryRunSummary run_directory(const ClassificationPipeline& pipeline, std::span<const fs::path> files, ClassificationWriter& writer,
                                  const DirectoryRunOptions& options) {
  return run_directory([&](std::span<const cv::Mat> images) { return pipeline.run(images); }, files, writer, options);
}

DirectoryRunSummary run_directory(const ClassifyImages& classify, std::span<const fs::path> files, ClassificationWriter& writer,
                                  const DirectoryRunOptions& options) {
  const auto start = std::chrono::steady_clock::now();
  const auto loader = load_files(files, options);
  DirectoryRunSummary summary;
  for (std::int64_t batch = 0; batch < loader->batches(); ++batch) {
    const std::vector<LoadedFile> loaded = loader->next();
    const std::vector<Classification> results = classify(images_of(loaded));
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
