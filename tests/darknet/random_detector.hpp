// A detector with random weights in a file, and pictures for it.
#pragma once

#include <filesystem>
#include <string>

#include "fovea/pipelines/darknet_import.hpp"
#include "fovea/pipelines/detection_pipeline.hpp"
#include "opencv_network.hpp"
#include "support/temporary_folder.hpp"

namespace fovea::test {

/// A detector of two classes with random weights, in a file.
class RandomDetector {
 public:
  explicit RandomDetector(const std::string& resize = "stretch", const std::string& head = kYolo) {
    const RandomDarknet random("[net]\nwidth=32\nheight=24\n" + kBody + head);
    write_darknet_config(folder_ / "net.cfg", random.config);
    write_darknet_weights(folder_ / "net.weights", random.weights, random.config);
    import_darknet({.config = folder_ / "net.cfg", .weights = folder_ / "net.weights", .names = {"cat", "dog"}, .resize = resize}, path());
  }
  std::filesystem::path path() const { return folder_ / "net.fovea"; }
  const TemporaryFolder& folder() const { return folder_; }

  DetectionPipeline load(const DetectorLoadOptions& options = {}) const {
    auto pipeline = DetectionPipeline::load(path(), options);
    pipeline.set_options({.confidence = 0.2, .suppression = {.threshold = 0.5}});
    return pipeline;
  }

  inline static const std::string kBody =
      "[convolutional]\nbatch_normalize=1\nfilters=8\nsize=3\nstride=2\npad=1\nactivation=leaky\n[maxpool]\nsize=2\nstride=2\n"
      "[convolutional]\nfilters=14\nsize=1\nstride=1\npad=1\nactivation=linear\n";
  inline static const std::string kYolo = "[yolo]\nmask=0,1\nanchors=6,8,12,10\nnum=2\nclasses=2\n";
  inline static const std::string kRegion = "[region]\nanchors=1,2,2,1\nnum=2\nclasses=2\nsoftmax=1\n";

 private:
  TemporaryFolder folder_;
};

inline cv::Mat picture(int width, int height, std::uint64_t seed) {
  cv::Mat image(height, width, CV_8UC3);
  RandomStream stream(seed);
  for (int y = 0; y < height; ++y)
    for (int x = 0; x < width; ++x)
      for (int c = 0; c < 3; ++c) image.at<cv::Vec3b>(y, x)[c] = static_cast<std::uint8_t>(stream.below(256));
  return image;
}

}  // namespace fovea::test
