// Writing COCO's panoptic format.
#include <algorithm>
#include <map>
#include <opencv2/core.hpp>
#include <set>

#include "coco_json.hpp"
#include "detection_names.hpp"
#include "fovea/base/error.hpp"
#include "fovea/data/panoptic.hpp"

namespace fovea {

namespace fs = std::filesystem;

namespace {

/// The pixels of one segment.
struct Extent {
  std::int64_t area = 0;
  int left = INT32_MAX, top = INT32_MAX, right = -1, bottom = -1;
};

std::map<std::int32_t, Extent> extents_of(const cv::Mat& ids) {
  std::map<std::int32_t, Extent> extents;
  for (int y = 0; y < ids.rows; ++y) {
    const auto* row = ids.ptr<std::int32_t>(y);
    for (int x = 0; x < ids.cols;) {
      const int first = x;
      while (x < ids.cols && row[x] == row[first]) ++x;
      Extent& extent = extents[row[first]];
      extent.area += x - first;
      extent.left = std::min(extent.left, first);
      extent.right = std::max(extent.right, x - 1);
      extent.top = std::min(extent.top, y);
      extent.bottom = y;
    }
  }
  return extents;
}

Json to_json(const PanopticSegment& segment, const PanopticDataset& dataset, const Extent& extent) {
  const bool seen = extent.area > 0;
  return {{"id", segment.id},
          {"category_id", dataset.categories[static_cast<std::size_t>(segment.category)].id},
          {"area", extent.area},
          {"bbox",
           {seen ? extent.left : 0, seen ? extent.top : 0, seen ? extent.right - extent.left + 1 : 0,
            seen ? extent.bottom - extent.top + 1 : 0}},
          {"iscrowd", segment.is_crowd ? 1 : 0}};
}

Json to_json(const PanopticCategory& category) {
  Json json = to_json(static_cast<const DetectionCategory&>(category));
  json["isthing"] = category.is_thing ? 1 : 0;
  if (category.color) json["color"] = *category.color;
  return json;
}

}  // namespace

fs::path panoptic_png(const fs::path& file, const DetectionImage& image) {
  return fs::path(file).replace_extension() / (stem_of(image.file_name) + ".png");
}

void write_panoptic(const fs::path& path, const PanopticDataset& dataset, const std::function<cv::Mat(std::size_t)>& ids) {
  std::set<fs::path> pngs;
  std::vector<Json> annotations;
  for (std::size_t i = 0; i < dataset.images.size(); ++i) {
    const PanopticImage& image = dataset.images[i];
    const fs::path png = panoptic_png(path, image.image);
    if (!pngs.insert(png).second)
      throw OptionError("two images are called \"" + stem_of(image.image.file_name) + "\": their PNGs would be one");
    const cv::Mat pixels = ids(i);
    write_id_png(png, pixels);
    std::map<std::int32_t, Extent> extents = extents_of(pixels);
    Json segments = Json::array();
    for (const PanopticSegment& segment : image.segments)
      segments.push_back(to_json(segment, dataset, extents[static_cast<std::int32_t>(segment.id)]));
    annotations.push_back({{"image_id", image.image.id}, {"file_name", png.filename().string()}, {"segments_info", std::move(segments)}});
  }
  FileWriter file(path);
  file.append("{\"images\": ");
  append_list(file, dataset.images, [](const PanopticImage& image) { return to_json(image.image); });
  file.append(",\n\"categories\": ");
  append_list(file, dataset.categories, [](const PanopticCategory& category) { return to_json(category); });
  file.append(",\n\"annotations\": ");
  append_list(file, annotations, [](const Json& annotation) { return annotation; });
  file.append("}\n");
  file.commit();
}

}  // namespace fovea
