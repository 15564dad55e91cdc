#include "loaded_files.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "fovea/base/error.hpp"
#include "fovea/vision/image_loader.hpp"

namespace fovea {

namespace {

LoadedFile load(const std::filesystem::path& file) {
  try {
    return {file, load_image(file), ""};
  } catch (const FileError& error) {
    return {file, cv::Mat(), error.reason()};
  } catch (const std::exception& error) {  // one bad file never ends a run
    return {file, cv::Mat(), error.what()};
  }
}

}  // namespace

std::unique_ptr<BatchLoader<std::vector<LoadedFile>>> load_files(std::span<const std::filesystem::path> files,
                                                                 const DirectoryRunOptions& options) {
  if (options.batch < 1) throw OptionError(fmt::format("a batch holds at least 1 image, found {}", options.batch));
  const auto count = static_cast<std::int64_t>(files.size());
  const auto make = [=, batch_size = options.batch](std::int64_t batch) {
    std::vector<LoadedFile> loaded;
    for (std::int64_t i = batch * batch_size; i < std::min(count, (batch + 1) * batch_size); ++i)
      loaded.push_back(load(files[static_cast<std::size_t>(i)]));
    return loaded;
  };
  return std::make_unique<BatchLoader<std::vector<LoadedFile>>>((count + options.batch - 1) / options.batch, make,
                                                                BatchLoaderOptions{.workers = options.workers});
}

std::vector<cv::Mat> images_of(const std::vector<LoadedFile>& loaded) {
  std::vector<cv::Mat> images;
  for (const LoadedFile& entry : loaded)
    if (!entry.image.empty()) images.push_back(entry.image);
  return images;
}

}  // namespace fovea
