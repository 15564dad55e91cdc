#include "fovea/pipelines/preview.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <nlohmann/json.hpp>
#include <opencv2/core.hpp>

#include "fovea/base/error.hpp"
#include "fovea/base/file.hpp"
#include "fovea/base/random.hpp"
#include "fovea/data/annotated_dataset.hpp"
#include "fovea/data/data_source.hpp"
#include "fovea/data/label_names.hpp"
#include "fovea/pipelines/classifier_recipe.hpp"
#include "fovea/vision/annotation_picture.hpp"
#include "fovea/vision/augmentation_recipe.hpp"
#include "fovea/vision/contact_sheet.hpp"

namespace fovea {

namespace {

/// The samples of any source in one form.
struct Samples {
  std::int64_t count = 0;
  std::vector<std::string> names;
  std::function<AnnotatedImage(std::int64_t)> get;
  std::function<std::string(std::int64_t)> caption;
  int ignored = 255;  ///< in label maps
};

Samples open_classes(const PreviewOptions& options) {
  const ClassificationData data = open_classification_data(options.data, {.seed = options.seed, .names_file = options.names});
  const NamedSplit split = resolve_split(data, options.split.empty() ? "train" : options.split);
  const ClassificationDatasetPtr dataset = split.dataset;
  return {.count = dataset->size(),
          .names = data.labels,
          .get = [dataset](std::int64_t index) { return AnnotatedImage{.image = dataset->get(index).image}; },
          .caption = [dataset](std::int64_t index) { return dataset->labels()[static_cast<std::size_t>(dataset->label(index))]; }};
}

Samples open_objects(const PreviewOptions& options) {
  DetectionDataOptions data{.split = options.split, .names = {}, .image_root = options.image_root};
  if (!options.names.empty()) data.names = read_label_names(options.names);
  const auto dataset = std::make_shared<AnnotatedDataset>(options.data, data);
  return {.count = dataset->size(),
          .names = dataset->names(),
          .get = [dataset](std::int64_t index) { return dataset->get(index); },
          .caption = [dataset](std::int64_t index) { return dataset->data().images[static_cast<std::size_t>(index)].file_name; }};
}

Samples open_labels(const PreviewOptions& options) {
  SegmentationDataOptions data = options.labels;
  data.split = options.split;
  data.image_root = options.image_root;
  data.seed = options.seed;
  data.seeded_split = false;
  if (!options.names.empty()) data.names = read_label_names(options.names);
  const SegmentationDatasetPtr dataset = open_segmentation_data(options.data, data).dataset;
  const bool has_background = !options.data.starts_with("panoptic:");  // which draw_annotations leaves as it is
  return {.count = dataset->size(),
          .names = dataset->labels(),
          .get =
              [dataset, has_background](std::int64_t index) {
                SegmentationSample sample = dataset->get(index);
                if (sample.image.empty()) throw OptionError("[preview] label maps alone have no pictures: expected png:IMAGES,LABELS");
                if (!has_background) cv::add(sample.labels, 1, sample.labels, sample.labels != dataset->ignored());
                return AnnotatedImage{.image = sample.image, .labels = sample.labels};
              },
          .caption = [dataset](std::int64_t index) { return dataset->id(index); },
          .ignored = dataset->ignored()};
}

Samples open_samples(const PreviewOptions& options) {
  const std::string scheme = scheme_of(options.data);
  if (scheme == "png" || scheme == "panoptic" || scheme == "masks") return open_labels(options);
  return scheme == "idx" || scheme == "folder" ? open_classes(options) : open_objects(options);
}

void require_positive(const char* name, std::int64_t value) {
  if (value < 1) throw OptionError(fmt::format("[preview] {} is {}, expected at least 1", name, value));
}

}  // namespace

void read_preview_recipe(const std::filesystem::path& file, PreviewOptions& options, std::vector<std::string>& left_out) {
  const Json recipe = read_json_file(file);
  read_option(recipe, "image_size", options.image_size, file.string());
  if (!recipe.is_object() || !recipe.contains("augment")) return;
  Json shown = Json::array();
  for (const Json& item : recipe["augment"]) {
    const bool of_batches = item == "mixup" || item == "cutmix";
    if (of_batches)
      left_out.push_back(item.get<std::string>());
    else
      shown.push_back(item);
  }
  options.augment = shown.dump();
}

cv::Mat preview(const PreviewOptions& options) {
  require_positive("the number of pictures", options.count);
  if (options.variants < 0) throw OptionError(fmt::format("[preview] variants is {}, expected at least 0", options.variants));
  const Json list = parse_json(options.augment, "augment");
  const Samples samples = open_samples(options);
  if (samples.count == 0) throw OptionError(fmt::format("{} holds no pictures", options.data));
  const std::vector<std::int64_t> order = random_permutation(samples.count, RandomStream(options.seed));
  std::vector<Tile> tiles;
  for (std::int64_t place = 0; place < std::min(options.count, samples.count); ++place) {
    const std::int64_t index = order[static_cast<std::size_t>(place)];
    const AnnotatedImage sample = samples.get(index);
    tiles.push_back({draw_annotations(sample, samples.names, samples.ignored), samples.caption(index)});
    cv::Size size = sample.image.size();
    if (!options.image_size.empty()) {
      const ImageSize given = parse_image_size(options.image_size);
      size = {given.width, given.height};
    }
    const AugmentationPart part = augmentation_from(list, size, "augment");
    std::vector<Box> boxes;
    for (const AnnotatedObject& object : sample.objects) boxes.push_back(object.box);
    for (std::int64_t variant = 0; variant < options.variants; ++variant) {
      RandomStream stream(options.seed, static_cast<std::uint64_t>(variant), static_cast<std::uint64_t>(index));
      const auto transform = part->draw_with(sample.image.size(), boxes, stream);
      const AnnotatedImage changed = transformed(*transform, sample, {.label_fill = static_cast<double>(samples.ignored)});
      tiles.push_back({draw_annotations(changed, samples.names, samples.ignored),
                       fmt::format("{} of {}", changed.objects.size(), sample.objects.size())});
      if (sample.objects.empty()) tiles.back().caption = fmt::format("variant {}", variant + 1);
    }
  }
  return draw_contact_sheet({.columns = static_cast<int>(options.variants + 1), .tile_side = 240, .title = options.data}, tiles);
}

}  // namespace fovea
