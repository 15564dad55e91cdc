#include "fovea/pipelines/scene_set.hpp"

#include <fmt/format.h>

#include <cctype>
#include <map>
#include <nlohmann/json.hpp>
#include <opencv2/core.hpp>

#include "fovea/base/error.hpp"
#include "fovea/base/file.hpp"
#include "fovea/base/version.hpp"
#include "fovea/data/coco.hpp"
#include "fovea/data/data_source.hpp"
#include "fovea/pipelines/directory_run.hpp"
#include "fovea/vision/image_loader.hpp"
#include "fovea/vision/image_writer.hpp"

namespace fovea {

namespace fs = std::filesystem;

namespace {

constexpr std::size_t kMostClasses = 254;  // label maps of 8 bits, with 0 the photograph and 255 "ignore"
constexpr std::size_t kGroupsToTest = 4;   // every so many groups of photographs one

/// Each split draws scenes of its own.
std::uint64_t purpose_of(const std::string& split) { return split == "train" ? 1 : split == "val" ? 2 : 3; }

/// "aloe" of "aloeL.jpg" and "aloeR.jpg", "left" of "left01.jpg" and "right01.jpg".
std::string group_of(const fs::path& file) {
  const std::string stem = file.stem().string();
  std::size_t length = 0;
  while (length < stem.size() && std::isalpha(static_cast<unsigned char>(stem[length])) != 0) ++length;
  if (length >= 2 && std::isupper(static_cast<unsigned char>(stem[length - 1])) != 0 &&
      std::islower(static_cast<unsigned char>(stem[length - 2])) != 0)
    --length;
  const std::string word = length == 0 ? stem : stem.substr(0, length);
  return word == "right" ? "left" : word;
}

bool has_colour(const cv::Mat& image) {
  std::vector<cv::Mat> planes;
  cv::split(image, planes);
  return cv::countNonZero(planes[0] != planes[1]) > 0 || cv::countNonZero(planes[1] != planes[2]) > 0;
}

struct Photographs {
  std::vector<cv::Mat> images;
  std::vector<std::string> names;
};

Photographs load_backgrounds(const SceneSetOptions& options) {
  Photographs photographs;
  for (const fs::path& file : backgrounds_of(find_images(options.backgrounds), options.split)) {
    cv::Mat image = load_image(file);
    const cv::Size least = options.scene.size / 2;
    if (image.cols < least.width || image.rows < least.height || !has_colour(image)) continue;
    photographs.images.push_back(std::move(image));
    photographs.names.push_back(file.filename().string());
  }
  if (photographs.images.empty())
    throw OptionError(fmt::format("{} holds no colour photographs of at least {}x{} pixels for the split {}", options.backgrounds,
                                  options.scene.size.width / 2, options.scene.size.height / 2, options.split));
  return photographs;
}

void check_options(const SceneSetOptions& o) {
  if (o.split != "train" && o.split != "val" && o.split != "test")
    throw OptionError(fmt::format("scenes are for train, val or test, found \"{}\"", o.split));
  if (o.count < 1) throw OptionError(fmt::format("the number of scenes is at least 1, found {}", o.count));
  if (o.min_objects < 0 || o.max_objects < o.min_objects)
    throw OptionError(fmt::format("objects of a scene are 0 <= min <= max, found {} and {}", o.min_objects, o.max_objects));
  check_scene_options(o.scene);
}

/// Makes one scene after the other, each from its number.
class SceneMaker {
 public:
  SceneMaker(const SceneSetOptions& options, ClassificationDatasetPtr objects, const Photographs& photographs)
      : options_(options), objects_(std::move(objects)), photographs_(photographs) {}

  AnnotatedImage make(std::int64_t index) const {
    RandomStream stream(options_.seed, static_cast<std::uint64_t>(index), purpose_of(options_.split));
    const cv::Mat& background = photographs_.images[stream.below(photographs_.images.size())];
    const std::int64_t count =
        options_.min_objects +
        static_cast<std::int64_t>(stream.below(static_cast<std::uint64_t>(options_.max_objects - options_.min_objects + 1)));
    std::vector<SceneObject> chosen;
    for (std::int64_t i = 0; i < count; ++i) {
      const ClassificationSample sample =
          objects_->get(static_cast<std::int64_t>(stream.below(static_cast<std::uint64_t>(objects_->size()))));
      if (sample.image.channels() != 1)
        throw OptionError(fmt::format("{}: objects are grey on black, found a picture of {} channels", sample.id, sample.image.channels()));
      chosen.push_back({sample.image, sample.label});
    }
    return make_scene(background, chosen, stream, options_.scene);
  }

 private:
  const SceneSetOptions& options_;
  ClassificationDatasetPtr objects_;
  const Photographs& photographs_;
};

std::string stem_of(std::int64_t index) { return fmt::format("{:06}", index + 1); }

void append(DetectionDataset& dataset, std::int64_t index, const std::vector<AnnotatedObject>& objects, cv::Size size) {
  dataset.images.push_back({.id = index + 1, .file_name = stem_of(index) + ".jpg", .width = size.width, .height = size.height});
  for (const AnnotatedObject& object : objects) {
    const cv::Rect box = mask_box(*object.mask);
    dataset.annotations.push_back(
        {.id = static_cast<std::int64_t>(dataset.annotations.size()) + 1,
         .image = static_cast<std::int32_t>(index),
         .category = static_cast<std::int32_t>(object.label),
         .box = {static_cast<double>(box.x), static_cast<double>(box.y), static_cast<double>(box.width), static_cast<double>(box.height)},
         .area = static_cast<double>(mask_area(*object.mask)),
         .segmentation = *object.mask});
  }
}

Json description(const SceneSetOptions& o, const Photographs& photographs) {
  return {{"objects", o.objects},
          {"backgrounds", o.backgrounds},
          {"photographs", photographs.names},
          {"split", o.split},
          {"count", o.count},
          {"seed", o.seed},
          {"size", {o.scene.size.width, o.scene.size.height}},
          {"min_objects", o.min_objects},
          {"max_objects", o.max_objects},
          {"min_side", o.scene.min_side},
          {"max_side", o.scene.max_side},
          {"max_degrees", o.scene.max_degrees},
          {"smallest_visible", o.scene.smallest_visible},
          {"fovea_version", version()}};
}

}  // namespace

std::vector<fs::path> backgrounds_of(const std::vector<fs::path>& files, const std::string& split) {
  std::map<std::string, std::vector<fs::path>> groups;
  for (const fs::path& file : files) groups[group_of(file)].push_back(file);
  std::vector<fs::path> chosen;
  std::size_t number = 0;
  for (const auto& [name, members] : groups) {
    const bool is_test = ++number % kGroupsToTest == 0;
    if (is_test == (split == "test")) chosen.insert(chosen.end(), members.begin(), members.end());
  }
  return chosen;
}

SceneSetSummary write_scene_set(const SceneSetOptions& options, const Threads& threads) {
  check_options(options);
  const fs::path annotations = options.out / "annotations" / "instances.json";
  if (fs::exists(annotations)) throw FileError(annotations.string(), "is there already; choose another folder or remove it");
  const ClassificationData data = open_classification_data(options.objects, {.seed = options.seed, .names_file = options.names});
  data.require(options.split);
  if (data.labels.size() > kMostClasses)
    throw OptionError(fmt::format("label maps hold {} classes at most, found {}", kMostClasses, data.labels.size()));
  const Photographs photographs = load_backgrounds(options);
  for (const char* folder : {"images", "labels", "annotations"}) make_folder(options.out / folder);

  const SceneMaker maker(options, resolve_split(data, options.split).dataset, photographs);
  std::vector<std::vector<AnnotatedObject>> objects(static_cast<std::size_t>(options.count));
  parallel_blocks(threads, options.count, [&](std::int64_t index) {
    AnnotatedImage scene = maker.make(index);
    save_image(options.out / "images" / (stem_of(index) + ".jpg"), scene.image);
    save_image(options.out / "labels" / (stem_of(index) + ".png"), scene.labels);
    objects[static_cast<std::size_t>(index)] = std::move(scene.objects);
    if (options.progress) options.progress(index + 1);
  });

  DetectionDataset dataset;
  std::string names = "background\n";
  for (std::size_t label = 0; label < data.labels.size(); ++label) {
    dataset.categories.push_back({.id = static_cast<std::int64_t>(label) + 1, .name = data.labels[label], .supercategory = ""});
    names += data.labels[label] + "\n";
  }
  for (std::int64_t index = 0; index < options.count; ++index)
    append(dataset, index, objects[static_cast<std::size_t>(index)], options.scene.size);
  write_file(options.out / "labels" / "classes.txt", names);
  write_json_file(options.out / "scenes.json", description(options, photographs));
  write_coco_instances(annotations, dataset);  // last: a set without it is not whole
  return {.scenes = options.count,
          .objects = static_cast<std::int64_t>(dataset.annotations.size()),
          .backgrounds = static_cast<std::int64_t>(photographs.images.size()),
          .annotations = annotations};
}

}  // namespace fovea
