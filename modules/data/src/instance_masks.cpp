#include "fovea/data/instance_masks.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <opencv2/core.hpp>

#include "detection_names.hpp"
#include "fovea/base/error.hpp"
#include "fovea/base/file.hpp"
#include "fovea/base/parallel.hpp"
#include "fovea/base/text.hpp"
#include "fovea/data/annotated_dataset.hpp"
#include "fovea/vision/image_loader.hpp"
#include "fovea/vision/image_size.hpp"
#include "fovea/vision/label_png.hpp"
#include "mask_annotation.hpp"

namespace fovea {

namespace fs = std::filesystem;

namespace {

std::vector<fs::path> sample_folders(const fs::path& folder) {
  std::vector<fs::path> samples;
  std::error_code error;
  for (fs::directory_iterator at(folder, error), end; !error && at != end; at.increment(error))
    if (fs::is_directory(at->path() / "masks") || fs::is_directory(at->path() / "images")) samples.push_back(at->path());
  if (error) throw FileError(folder.string(), fmt::format("cannot be read as a folder: {}", error.message()));
  if (samples.empty()) throw FileError(folder.string(), "holds no folder with images/ and masks/ in it");
  std::sort(samples.begin(), samples.end(), [](const fs::path& a, const fs::path& b) { return natural_less(a.string(), b.string()); });
  return samples;
}

/// The sample's picture: its name and size. The size is 0 where there is no picture.
DetectionImage picture_of(const fs::path& sample, const std::map<std::string, const DetectionImage*>& known) {
  const std::vector<fs::path> pictures = fs::is_directory(sample / "images") ? list_images(sample / "images") : std::vector<fs::path>();
  if (pictures.size() > 1)
    throw FileError((sample / "images").string(), fmt::format("holds {} pictures, expected one: {} and {}", pictures.size(),
                                                              pictures[0].filename().string(), pictures[1].filename().string()));
  DetectionImage image{.file_name = sample.filename().string() + ".png"};
  if (const auto found = known.find(sample.filename().string()); found != known.end()) image = *found->second;
  if (!pictures.empty()) {
    const cv::Size size = image_size(pictures.front());
    image.file_name = pictures.front().filename().string();
    image.width = size.width;
    image.height = size.height;
  }
  return image;
}

DetectionAnnotation read_mask(const fs::path& file, DetectionImage& image) {
  const cv::Mat labels = read_label_png(file).labels;
  if (image.width == 0) image.width = labels.cols, image.height = labels.rows;
  if (labels.cols != image.width || labels.rows != image.height)
    throw FileError(file.string(), fmt::format("has {}x{} pixels, but {} has {}x{}", labels.cols, labels.rows, image.file_name, image.width,
                                               image.height));
  return annotation_of(encode_mask(labels != 0));
}

struct Sample {
  DetectionImage image;
  bool has_picture = false;
  std::vector<DetectionAnnotation> objects;
};

Sample read_sample(const fs::path& folder, const std::map<std::string, const DetectionImage*>& known) {
  Sample sample{.image = picture_of(folder, known), .objects = {}};
  sample.has_picture = sample.image.width > 0;
  if (fs::is_directory(folder / "masks"))
    for (const fs::path& file : files_in(folder / "masks", ".png")) sample.objects.push_back(read_mask(file, sample.image));
  if (sample.image.width == 0) throw FileError(folder.string(), "holds neither a picture in images/ nor a mask in masks/");
  return sample;
}

}  // namespace

DetectionDataset read_instance_masks(const fs::path& folder, const InstanceMaskOptions& options) {
  const std::vector<fs::path> folders = sample_folders(folder);
  std::map<std::string, const DetectionImage*> known;
  if (options.sizes != nullptr)
    for (const DetectionImage& image : options.sizes->images) known.emplace(stem_of(image.file_name), &image);
  std::vector<Sample> samples(folders.size());
  parallel_blocks(Threads(), static_cast<std::int64_t>(folders.size()), [&](std::int64_t i) {
    const auto at = static_cast<std::size_t>(i);
    samples[at] = read_sample(folders[at], known);
  });
  DetectionDataset dataset;
  dataset.categories.push_back({1, options.name, ""});
  std::size_t without_picture = 0, empty = 0;
  for (Sample& sample : samples) {
    sample.image.id = static_cast<std::int64_t>(dataset.images.size()) + 1;
    without_picture += sample.has_picture ? 0 : 1;
    for (DetectionAnnotation& object : sample.objects) {
      empty += object.area == 0 ? 1 : 0;
      object.id = static_cast<std::int64_t>(dataset.annotations.size()) + 1;
      object.image = static_cast<std::int32_t>(dataset.images.size());
      dataset.annotations.push_back(std::move(object));
    }
    dataset.images.push_back(std::move(sample.image));
  }
  if (without_picture > 0)
    dataset.notes.push_back(fmt::format("{} samples have no picture: sizes are those of their masks", without_picture));
  if (empty > 0) dataset.notes.push_back(fmt::format("{} masks are empty", empty));
  return dataset;
}

void write_instance_masks(const fs::path& folder, const DetectionDataset& dataset) {
  const ImageObjects images(dataset);
  for (std::size_t i = 0; i < dataset.images.size(); ++i) {
    const DetectionImage& image = dataset.images[i];
    if (image.width <= 0 || image.height <= 0)
      throw OptionError(fmt::format("image \"{}\" has no size, which its masks need", image.file_name));
    const fs::path masks = folder / images.stems[i] / "masks";
    make_folder(masks);
    for (std::size_t j = 0; j < images.objects[i].size(); ++j) {
      const DetectionAnnotation& object = *images.objects[i][j];
      if (std::holds_alternative<std::monostate>(object.segmentation))
        throw OptionError(fmt::format("annotation {} of \"{}\" has a box only, expected a mask or an outline", object.id, image.file_name));
      write_label_png(masks / fmt::format("{}_{}.png", images.stems[i], j),
                      decode_mask(mask_of(object.segmentation, image.height, image.width)));
    }
  }
}

std::int64_t copy_sample_pictures(const fs::path& folder, const DetectionDataset& dataset, const std::string& source,
                                  const fs::path& image_root) {
  std::int64_t missing = 0;
  for (const DetectionImage& image : dataset.images) {
    const fs::path picture = find_picture(source, image, image_root);
    if (picture.empty()) {
      ++missing;
      continue;
    }
    write_copy(picture, folder / stem_of(image.file_name) / "images" / picture.filename());
  }
  return missing;
}

}  // namespace fovea
