// Image files in batches, ahead of their use; a bad file is an entry, not an end.
#pragma once

#include <filesystem>
#include <memory>
#include <opencv2/core/mat.hpp>
#include <span>
#include <string>
#include <vector>

#include "fovea/data/batch_loader.hpp"
#include "fovea/pipelines/directory_run.hpp"

namespace fovea {

struct LoadedFile {
  std::filesystem::path file;
  cv::Mat image;       ///< empty when the file could not be used
  std::string reason;  ///< why
};

/// `files` in their order; they outlive the loader. Throws OptionError for batches of less than 1.
std::unique_ptr<BatchLoader<std::vector<LoadedFile>>> load_files(std::span<const std::filesystem::path> files,
                                                                 const DirectoryRunOptions& options);

/// Those that could be used.
std::vector<cv::Mat> images_of(const std::vector<LoadedFile>& loaded);

}  // namespace fovea
