// Writing Pascal VOC.
#include <fmt/format.h>

#include <pugixml.hpp>
#include <sstream>

#include "detection_names.hpp"
#include "fovea/base/file.hpp"
#include "fovea/data/voc.hpp"

namespace fovea {

namespace {

void append(pugi::xml_node parent, const char* key, const std::string& value) { parent.append_child(key).text().set(value.c_str()); }

/// The shortest text that reads back to the same bits.
void append(pugi::xml_node parent, const char* key, double value) { append(parent, key, fmt::format("{}", value)); }

void append_object(pugi::xml_node annotation, const DetectionAnnotation& object, const std::string& name) {
  pugi::xml_node node = annotation.append_child("object");
  append(node, "name", name);
  append(node, "pose", std::string("Unspecified"));  // some readers want it
  append(node, "truncated", object.is_truncated ? 1 : 0);
  append(node, "difficult", object.is_difficult ? 1 : 0);
  pugi::xml_node box = node.append_child("bndbox");
  append(box, "xmin", object.box.x + 1);
  append(box, "ymin", object.box.y + 1);
  append(box, "xmax", object.box.x + object.box.width);
  append(box, "ymax", object.box.y + object.box.height);
}

std::string xml_of(const DetectionDataset& dataset, const DetectionImage& image, const std::vector<const DetectionAnnotation*>& objects) {
  pugi::xml_document document;
  pugi::xml_node annotation = document.append_child("annotation");
  append(annotation, "filename", image.file_name);
  pugi::xml_node size = annotation.append_child("size");
  append(size, "width", static_cast<double>(image.width));
  append(size, "height", static_cast<double>(image.height));
  append(size, "depth", 3);
  for (const DetectionAnnotation* object : objects)
    append_object(annotation, *object, dataset.categories[static_cast<std::size_t>(object->category)].name);
  std::ostringstream text;
  document.save(text, "\t", pugi::format_indent | pugi::format_no_declaration);
  return text.str();
}

}  // namespace

void write_voc(const std::filesystem::path& folder, const DetectionDataset& dataset, const std::string& split) {
  const ImageObjects images(dataset);
  std::string list;
  for (std::size_t i = 0; i < dataset.images.size(); ++i) {
    write_file(folder / "Annotations" / (images.stems[i] + ".xml"), xml_of(dataset, dataset.images[i], images.objects[i]));
    list += images.stems[i] + "\n";
  }
  write_file(folder / "ImageSets/Main" / (split + ".txt"), list);
}

}  // namespace fovea
