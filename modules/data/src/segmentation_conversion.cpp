#include "fovea/data/segmentation_conversion.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <opencv2/core.hpp>

#include "fovea/base/error.hpp"
#include "fovea/base/file.hpp"
#include "fovea/base/text.hpp"
#include "fovea/data/data_source.hpp"
#include "fovea/data/detection_conversion.hpp"
#include "fovea/data/detection_source.hpp"
#include "fovea/data/panoptic.hpp"
#include "label_values.hpp"
#include "mask_annotation.hpp"

namespace fovea {

namespace {

namespace fs = std::filesystem;

/// The picture's own name below the folder that the id says.
std::string file_name_of(const SegmentationDataset& dataset, std::int64_t index) {
  const fs::path id = dataset.id(index), picture = dataset.picture(index);
  return picture.empty() ? id.generic_string() + ".png" : (id.parent_path() / picture.filename()).generic_string();
}

DetectionImage image_of(const SegmentationDataset& dataset, std::int64_t index, const cv::Mat& labels) {
  return {index + 1, file_name_of(dataset, index), labels.cols, labels.rows};
}

void append(std::vector<std::string>& lines, const std::vector<std::string>& more) { lines.insert(lines.end(), more.begin(), more.end()); }

cv::Size size_of(const DetectionImage& image) {
  if (image.width < 1 || image.height < 1)
    throw OptionError(fmt::format("image \"{}\" has no size, which its label map needs", image.file_name));
  return {static_cast<int>(image.width), static_cast<int>(image.height)};
}

/// What becomes unknown when the pixels of objects become pixels of classes or segments.
std::vector<std::string> lost_by_painting(const DetectionDataset& objects, bool keeps_objects) {
  const auto crowds = std::count_if(objects.annotations.begin(), objects.annotations.end(), [](const auto& a) { return a.is_crowd; });
  std::vector<std::string> lines;
  std::int64_t covered = 0, touched = 0;
  const auto by_image = annotations_by_image(objects);
  for (std::size_t i = 0; i < by_image.size(); ++i) {
    cv::Mat count = cv::Mat::zeros(size_of(objects.images[i]), CV_16UC1);
    for (const std::int32_t index : by_image[i])
      cv::add(count, 1, count,
              decode_mask(mask_of(objects.annotations[static_cast<std::size_t>(index)].segmentation, count.rows, count.cols)));
    const int several = cv::countNonZero(count > 1);
    covered += several;
    touched += several > 0 ? 1 : 0;
  }
  if (!keeps_objects && !objects.annotations.empty())
    lines.push_back(fmt::format("object: which pixel is of which of {} objects", objects.annotations.size()));
  if (covered > 0)
    lines.push_back(fmt::format("covered: {} pixels in {} of {} images are of several objects; the last is on top", covered, touched,
                                objects.images.size()));
  if (!keeps_objects && crowds > 0) lines.push_back(fmt::format("iscrowd: {} crowds are ignored, painted or background", crowds));
  return lines;
}

/// The objects of one image in the order in which they are painted: crowds first.
std::vector<const DetectionAnnotation*> painting_order(const DetectionDataset& objects, const std::vector<std::int32_t>& of_image) {
  std::vector<const DetectionAnnotation*> order;
  for (const std::int32_t index : of_image) order.push_back(&objects.annotations[static_cast<std::size_t>(index)]);
  std::stable_partition(order.begin(), order.end(), [](const DetectionAnnotation* object) { return object->is_crowd; });
  return order;
}

/// Objects as segments 1, 2, ... of their image.
cv::Mat segment_ids(const std::vector<const DetectionAnnotation*>& order, const DetectionImage& image) {
  cv::Mat ids = cv::Mat::zeros(size_of(image), CV_32SC1);
  for (std::size_t k = 0; k < order.size(); ++k)
    ids.setTo(static_cast<double>(k + 1), decode_mask(mask_of(order[k]->segmentation, image.height, image.width)));
  return ids;
}

/// The segments of all objects that others leave something of; `kept` are those objects, in this order.
PanopticDataset segments_of(const DetectionDataset& objects, std::vector<DetectionAnnotation>& kept) {
  PanopticDataset panoptic;
  for (const DetectionCategory& category : objects.categories) panoptic.categories.push_back({category, true, {}});
  const auto by_image = annotations_by_image(objects);
  for (std::size_t i = 0; i < by_image.size(); ++i) {
    const auto order = painting_order(objects, by_image[i]);
    const cv::Mat ids = segment_ids(order, objects.images[i]);
    panoptic.images.push_back({objects.images[i], {}, {}});
    for (std::size_t k = 0; k < order.size(); ++k) {
      if (cv::countNonZero(ids == static_cast<double>(k + 1)) == 0) continue;
      panoptic.images.back().segments.push_back({static_cast<std::int64_t>(k + 1), order[k]->category, order[k]->is_crowd});
      kept.push_back(*order[k]);
    }
  }
  return panoptic;
}

/// Class c as segment c + 1; what is ignored is void.
cv::Mat segment_ids(const SegmentationDataset& dataset, std::int64_t index) {
  const cv::Mat labels = dataset.label_map(index);
  cv::Mat ids;
  labels.convertTo(ids, CV_32S, 1, 1);
  ids.setTo(0, labels == dataset.ignored());
  return ids;
}

/// Classes as segments of stuff.
PanopticDataset segments_of(const SegmentationDataset& dataset) {
  PanopticDataset panoptic;
  for (std::size_t c = 0; c < dataset.labels().size(); ++c) {
    PanopticCategory category{{static_cast<std::int64_t>(c) + 1, dataset.labels()[c], ""}, false, {}};
    if (c < dataset.palette().size()) category.color = dataset.palette()[c];
    panoptic.categories.push_back(std::move(category));
  }
  for (std::int64_t i = 0; i < dataset.size(); ++i) {
    const cv::Mat labels = dataset.label_map(i);
    panoptic.images.push_back({image_of(dataset, i, labels), {}, {}});
    for (const std::int32_t label : values_in(labels))
      if (label != dataset.ignored()) panoptic.images.back().segments.push_back({label + 1, label, false});
  }
  return panoptic;
}

void to_panoptic(const std::string& source, const fs::path& file, const SegmentationDataOptions& options, SegmentationConversion& done) {
  require_unused(file);
  require_unused(fs::path(file).replace_extension());
  if (scheme_of(source) == "panoptic") {
    const PanopticDataset data = read_panoptic(path_of(source));
    write_panoptic(file, data, [&](std::size_t i) { return read_segment_ids(data.images[i]); });
    done = {"all", static_cast<std::int64_t>(data.images.size()),
            detection_differences(to_detections(data), to_detections(read_panoptic(file))), data.notes};
    return;
  }
  if (scheme_of(source) == "png" || scheme_of(source) == "voc") {
    const SegmentationData data = open_segmentation_data(source, options);
    write_panoptic(file, segments_of(*data.dataset),
                   [&](std::size_t i) { return segment_ids(*data.dataset, static_cast<std::int64_t>(i)); });
    done = {data.split, data.dataset->size(), segmentation_differences(*data.dataset, *panoptic_labels(read_panoptic(file), source)),
            data.notes};
    return;
  }
  const DetectionDataset objects =
      open_detection_data(source, {.split = options.split, .names = options.names, .image_root = options.image_root});
  done = {objects.split, static_cast<std::int64_t>(objects.images.size()), lost_by_painting(objects, true), objects.notes};
  DetectionDataset kept = objects;
  kept.annotations.clear();
  const PanopticDataset segments = segments_of(objects, kept.annotations);
  const auto by_image = annotations_by_image(objects);
  write_panoptic(file, segments, [&](std::size_t i) { return segment_ids(painting_order(objects, by_image[i]), objects.images[i]); });
  if (const std::size_t all = objects.annotations.size(); kept.annotations.size() < all)
    done.lost.push_back(fmt::format("object: {} of {} lie under others", all - kept.annotations.size(), all));
  append(done.lost, detection_differences(kept, to_detections(read_panoptic(file))));
}

void copy_pictures(const SegmentationDataset& dataset, const fs::path& folder, std::vector<std::string>& notes) {
  std::int64_t missing = 0;
  for (std::int64_t i = 0; i < dataset.size(); ++i) {
    const fs::path picture = dataset.picture(i);
    if (picture.empty()) {
      ++missing;
      continue;
    }
    write_copy(picture, folder / (dataset.id(i) + picture.extension().string()));
  }
  if (missing > 0) notes.push_back(fmt::format("{} pictures are not where the source says; say --image-root", missing));
}

void to_label_pngs(const std::string& source, const std::string& path, const SegmentationDataOptions& options,
                   SegmentationConversion& done) {
  const std::vector<std::string> folders = split(path, ',');
  if (folders.empty() || folders.size() > 2) throw OptionError(fmt::format("png:{}: expected png:LABELS or png:IMAGES,LABELS", path));
  for (const std::string& folder : folders) require_unused(folder);
  const SegmentationData data = open_segmentation_data(source, options);
  const std::string scheme = scheme_of(source);
  if (scheme == "coco" || scheme == "yolo" || scheme == "masks")
    done.lost = lost_by_painting(
        open_detection_data(source, {.split = options.split, .names = options.names, .image_root = options.image_root}), false);
  write_label_pngs(folders.back(), *data.dataset);
  done.split = data.split;
  done.images = data.dataset->size();
  done.notes = data.notes;
  if (folders.size() == 2) copy_pictures(*data.dataset, folders.front(), done.notes);
  append(done.lost, segmentation_differences(*data.dataset, *open_segmentation_data("png:" + folders.back(), {.split = "all"}).dataset));
}

void to_objects(const std::string& source, const std::string& target, const SegmentationDataOptions& options,
                SegmentationConversion& done) {
  if (scheme_of(source) == "panoptic") {
    const PanopticDataset data = read_panoptic(path_of(source));
    const auto stuff = std::count_if(data.categories.begin(), data.categories.end(), [](const PanopticCategory& c) { return !c.is_thing; });
    if (stuff > 0) done.lost.push_back(fmt::format("isthing: {} of {} classes are stuff", stuff, data.categories.size()));
    append(done.lost, convert_detections(to_detections(data), target));
    done.split = "all";
    done.images = static_cast<std::int64_t>(data.images.size());
    done.notes = data.notes;
    return;
  }
  const SegmentationData data = open_segmentation_data(source, options);
  const DetectionDataset objects = to_detections(*data.dataset);
  done = {data.split, data.dataset->size(), segmentation_differences(*data.dataset, *painted_dataset(objects, source)), data.notes};
  append(done.lost, convert_detections(objects, target));
}

}  // namespace

void write_label_pngs(const fs::path& folder, const SegmentationDataset& dataset) {
  Palette palette = dataset.map_type() == CV_8UC1 ? dataset.palette() : Palette();
  if (palette.empty() && dataset.map_type() == CV_8UC1) palette = voc_palette();
  for (std::int64_t i = 0; i < dataset.size(); ++i) write_label_png(folder / (dataset.id(i) + ".png"), dataset.label_map(i), palette);
  std::string names;
  for (const std::string& name : dataset.labels()) names += name + "\n";
  write_file(folder / "classes.txt", names);
}

DetectionDataset to_detections(const SegmentationDataset& dataset) {
  DetectionDataset objects;
  for (std::size_t c = 1; c < dataset.labels().size(); ++c)
    objects.categories.push_back({static_cast<std::int64_t>(c), dataset.labels()[c], ""});
  for (std::int64_t i = 0; i < dataset.size(); ++i) {
    const cv::Mat labels = dataset.label_map(i);
    for (const std::int32_t label : values_in(labels)) {
      if (label == 0 || label == dataset.ignored()) continue;
      DetectionAnnotation annotation = annotation_of(encode_mask(labels == label));
      annotation.id = static_cast<std::int64_t>(objects.annotations.size()) + 1;
      annotation.image = static_cast<std::int32_t>(i);
      annotation.category = label - 1;
      objects.annotations.push_back(std::move(annotation));
    }
    objects.images.push_back(image_of(dataset, i, labels));
  }
  return objects;
}

bool is_segmentation_conversion(const std::string& source, const std::string& target) {
  const auto holds_maps = [](const std::string& scheme) { return scheme == "png" || scheme == "panoptic"; };
  return holds_maps(scheme_of(source)) || holds_maps(scheme_of(target));
}

SegmentationConversion convert_segmentations(const std::string& source, const std::string& target, const SegmentationDataOptions& options) {
  std::vector<std::string> schemes = {"png", "panoptic"};
  append(schemes, detection_targets());
  const DataSource parsed = parse_data_source(target, schemes);
  SegmentationConversion done;
  if (parsed.scheme == "png")
    to_label_pngs(source, parsed.path, options, done);
  else if (parsed.scheme == "panoptic")
    to_panoptic(source, parsed.path, options, done);
  else
    to_objects(source, target, options, done);
  return done;
}

}  // namespace fovea
