// Working through a folder of images.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "fovea/pipelines/classification_pipeline.hpp"

namespace fovea {

/// Receives the results of a directory run, in the order of the files.
class ClassificationWriter {
 public:
  virtual ~ClassificationWriter() = default;
  /// `image` is the picture as it was loaded.
  virtual void write(const std::filesystem::path& file, const cv::Mat& image, const Classification& result) = 0;
  /// A file that could not be used, and why.
  virtual void fail(const std::filesystem::path& file, const std::string& reason) = 0;
};

struct DirectoryRunOptions {
  std::int64_t batch = 32;
  int workers = 1;
};

struct DirectoryRunSummary {
  std::int64_t images = 0;    ///< done
  std::int64_t failures = 0;  ///< could not be used
  double seconds = 0;
};

/// The files that an --images argument means: a folder's images (recursively, natural order), one image, or a .txt list of paths (one per
/// line, relative ones against the list's folder). Throws FileError when there is no such thing or it names no image.
std::vector<std::filesystem::path> find_images(const std::filesystem::path& argument);

/// Calls use(file, image) for every file that can be loaded and fail(file, reason) for every other, in their order; a file that `use`
/// throws an Error for counts as failed, too. Images are loaded ahead, a few at a time (options.batch is not looked at).
DirectoryRunSummary for_each_image(std::span<const std::filesystem::path> files, const DirectoryRunOptions& options,
                                   const std::function<void(const std::filesystem::path& file, const cv::Mat& image)>& use,
                                   const std::function<void(const std::filesystem::path& file, const std::string& reason)>& fail);

/// What classifies a batch of images: a pipeline's or an ensemble's run().
using ClassifyImages = std::function<std::vector<Classification>(std::span<const cv::Mat> images)>;

/// Classifies every file. A file that cannot be read is reported to the writer and the run goes on. Memory stays bounded: a few batches of
/// decoded images at a time.
DirectoryRunSummary run_directory(const ClassificationPipeline& pipeline, std::span<const std::filesystem::path> files,
                                  ClassificationWriter& writer, const DirectoryRunOptions& options = {});
DirectoryRunSummary run_directory(const ClassifyImages& classify, std::span<const std::filesystem::path> files,
                                  ClassificationWriter& writer, const DirectoryRunOptions& options = {});

}  // namespace fovea
