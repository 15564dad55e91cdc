// Writing YOLO labels.
#include <fmt/format.h>
#include <yaml-cpp/yaml.h>

#include <algorithm>

#include "detection_names.hpp"
#include "fovea/base/error.hpp"
#include "fovea/base/file.hpp"
#include "fovea/data/yolo.hpp"

namespace fovea {

namespace {

/// For each class its number in the files: 0, 1, ... by rising id.
std::vector<std::size_t> numbers_by_id(const std::vector<DetectionCategory>& categories) {
  std::vector<std::size_t> numbers(categories.size());
  for (std::size_t i = 0; i < categories.size(); ++i)
    numbers[i] = static_cast<std::size_t>(
        std::count_if(categories.begin(), categories.end(), [&](const DetectionCategory& other) { return other.id < categories[i].id; }));
  return numbers;
}

std::string line_of(const DetectionAnnotation& object, std::size_t number, double width, double height) {
  std::string line = std::to_string(number);
  const auto* polygons = std::get_if<Polygons>(&object.segmentation);
  if (polygons != nullptr && polygons->size() == 1) {
    const std::vector<double>& xy = polygons->front();
    for (std::size_t i = 0; i < xy.size(); i += 2) line += fmt::format(" {} {}", xy[i] / width, xy[i + 1] / height);
  } else {
    line += fmt::format(" {} {} {} {}", (object.box.x + object.box.width / 2) / width, (object.box.y + object.box.height / 2) / height,
                        object.box.width / width, object.box.height / height);
  }
  return line + "\n";
}

}  // namespace

void write_yolo(const std::filesystem::path& folder, const DetectionDataset& dataset) {
  const ImageObjects images(dataset);
  const std::vector<std::size_t> numbers = numbers_by_id(dataset.categories);
  for (std::size_t i = 0; i < dataset.images.size(); ++i) {
    const DetectionImage& image = dataset.images[i];
    if (image.width == 0 || image.height == 0)
      throw OptionError(fmt::format("image \"{}\" has no size, which relative coordinates need", image.file_name));
    std::string text;
    for (const DetectionAnnotation* object : images.objects[i])
      text += line_of(*object, numbers[static_cast<std::size_t>(object->category)], static_cast<double>(image.width),
                      static_cast<double>(image.height));
    write_file(folder / "labels" / (images.stems[i] + ".txt"), text);
  }
  std::vector<std::string> names(dataset.categories.size());
  for (std::size_t i = 0; i < names.size(); ++i) names[numbers[i]] = dataset.categories[i].name;
  YAML::Emitter yaml;
  yaml << YAML::BeginMap << YAML::Key << "path" << YAML::Value << "." << YAML::Key << "train" << YAML::Value << "images" << YAML::Key
       << "names" << YAML::Value << names << YAML::EndMap;
  write_file(folder / "data.yaml", std::string(yaml.c_str()) + "\n");
}

}  // namespace fovea
