#include "fovea/data/voc.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <pugixml.hpp>
#include <set>
#include <unordered_map>

#include "detection_names.hpp"
#include "fovea/base/error.hpp"
#include "fovea/base/file.hpp"
#include "fovea/base/text.hpp"
#include "text_fields.hpp"

namespace fovea {

namespace fs = std::filesystem;

namespace {

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view kSpace = " \t\r\n";
  const std::size_t begin = text.find_first_not_of(kSpace);
  return begin == std::string_view::npos ? std::string_view() : text.substr(begin, text.find_last_not_of(kSpace) - begin + 1);
}

/// One XML file with its text, so that a node has a line.
class VocFile {
 public:
  explicit VocFile(const fs::path& path) : path_(path.string()), text_(read_text_file(path)) {
    const pugi::xml_parse_result result =
        document_.load_buffer(text_.data(), text_.size(), pugi::parse_default | pugi::parse_doctype, pugi::encoding_utf8);
    if (!result) fail(result.offset, fmt::format("is no valid XML: {}", result.description()));
    for (const pugi::xml_node node : document_.children())
      if (node.type() == pugi::node_doctype && std::string_view(node.value()).find("ENTITY") != std::string_view::npos)
        throw FileError(path_, "defines XML entities, which are not read");
    root_ = document_.child("annotation");
    if (!root_) throw FileError(path_, "has no <annotation>, expected Pascal VOC");
  }

  pugi::xml_node root() const { return root_; }

  [[noreturn]] void fail(std::ptrdiff_t offset, const std::string& message, FindingKind kind = FindingKind::malformed) const {
    const auto end = text_.begin() + std::clamp<std::ptrdiff_t>(offset, 0, static_cast<std::ptrdiff_t>(text_.size()));
    throw ItemError(kind, path_, fmt::format("line {}: {}", std::count(text_.begin(), end, '\n') + 1, message));
  }

  double number(pugi::xml_node parent, const char* key) const {
    const pugi::xml_node node = parent.child(key);
    if (!node) fail(parent.offset_debug(), fmt::format("<{}> has no <{}>", parent.name(), key));
    const std::string_view text = trimmed(node.child_value());
    const auto value = number_of(text);
    if (!value) fail(node.offset_debug(), fmt::format("<{}>: expected a finite number, found \"{}\"", key, shown(text)));
    return *value;
  }

  std::int64_t side(pugi::xml_node parent, const char* key) const {
    const double value = number(parent, key);
    if (value < 0 || value > INT32_MAX)
      fail(parent.child(key).offset_debug(), fmt::format("<{}>: expected 0 to {} pixels, found {}", key, INT32_MAX, value));
    return static_cast<std::int64_t>(value);
  }

  bool truth(pugi::xml_node parent, const char* key) const {
    const pugi::xml_node node = parent.child(key);
    const std::string_view text = trimmed(node.child_value());
    if (text.empty() || text == "0") return false;
    if (text == "1") return true;
    fail(node.offset_debug(), fmt::format("<{}>: expected 0 or 1, found \"{}\"", key, shown(text)));
  }

 private:
  std::string path_, text_;
  pugi::xml_document document_;
  pugi::xml_node root_;
};

DetectionImage read_image(const VocFile& file, const fs::path& path) {
  DetectionImage image;
  image.file_name = trimmed(file.root().child_value("filename"));
  if (image.file_name.empty()) image.file_name = path.stem().string() + ".jpg";
  if (const pugi::xml_node size = file.root().child("size")) {
    image.width = file.side(size, "width");
    image.height = file.side(size, "height");
  }
  return image;
}

XywhBox read_box(const VocFile& file, pugi::xml_node object) {
  const pugi::xml_node box = object.child("bndbox");
  if (!box) file.fail(object.offset_debug(), "<object> has no <bndbox>");
  const double x1 = file.number(box, "xmin"), y1 = file.number(box, "ymin");
  return {x1 - 1, y1 - 1, file.number(box, "xmax") - x1 + 1, file.number(box, "ymax") - y1 + 1};
}

/// An object, and the name of its class.
std::pair<DetectionAnnotation, std::string> read_object(const VocFile& file, pugi::xml_node object, const std::vector<std::string>& names) {
  std::string name(trimmed(object.child_value("name")));
  if (name.empty()) file.fail(object.offset_debug(), "<object> has no <name>");
  if (!names.empty() && std::find(names.begin(), names.end(), name) == names.end())
    file.fail(object.offset_debug(), unknown_name_message("class", name, names), FindingKind::unknown_class);
  const XywhBox box = read_box(file, object);
  return {
      {.box = box, .area = box.area(), .is_difficult = file.truth(object, "difficult"), .is_truncated = file.truth(object, "truncated")},
      std::move(name)};
}

std::vector<std::string> stems_of_split(const fs::path& folder, const std::string& split) {
  std::vector<std::string> stems;
  if (split == "all") {
    for (const fs::path& file : files_in(folder / "Annotations", ".xml")) stems.push_back(file.stem().string());
    if (stems.empty()) throw FileError((folder / "Annotations").string(), "holds no .xml files");
    return stems;
  }
  const std::string text = read_text_file(folder / "ImageSets/Main" / (split + ".txt"));
  visit_lines(text, [&](std::size_t, std::string_view line) {
    const auto fields = fields_of(line);
    if (!fields.empty()) stems.emplace_back(fields.front());  // lists of one class have 1, 0 or -1 behind the name
  });
  return stems;
}

std::string default_split(const fs::path& folder) {
  for (const char* split : {"test", "val"})
    if (fs::exists(folder / "ImageSets/Main" / (std::string(split) + ".txt"))) return split;
  return "all";
}

}  // namespace

std::vector<std::string> voc_splits(const fs::path& folder) {
  std::vector<std::string> splits;
  for (const char* split : {"train", "val", "test"})
    if (fs::exists(folder / "ImageSets/Main" / (std::string(split) + ".txt"))) splits.emplace_back(split);
  if (splits.empty()) splits.emplace_back("all");
  return splits;
}

DetectionDataset read_voc(const fs::path& folder, const std::string& split, const std::vector<std::string>& names,
                          std::vector<DataFinding>* findings) {
  DetectionDataset dataset;
  dataset.convention = PixelConvention::inclusive;
  dataset.split = split.empty() ? default_split(folder) : split;
  std::vector<std::string> classes;  // of each annotation
  const auto read_file = [&](const fs::path& path) {
    const VocFile file(path);
    DetectionImage image = read_image(file, path);
    image.id = static_cast<std::int64_t>(dataset.images.size()) + 1;
    for (const pugi::xml_node object : file.root().children("object"))
      read_item(findings, [&] {
        auto [annotation, name] = read_object(file, object, names);
        annotation.id = static_cast<std::int64_t>(dataset.annotations.size()) + 1;
        annotation.image = static_cast<std::int32_t>(dataset.images.size());
        dataset.annotations.push_back(std::move(annotation));
        classes.push_back(std::move(name));
      });
    dataset.images.push_back(std::move(image));
  };
  for (const std::string& stem : stems_of_split(folder, dataset.split))
    read_item(findings, [&] { read_file(folder / "Annotations" / (stem + ".xml")); });
  const std::set<std::string> occurring(classes.begin(), classes.end());
  for (const std::string& name : names.empty() ? std::vector<std::string>(occurring.begin(), occurring.end()) : names)
    dataset.categories.push_back({static_cast<std::int64_t>(dataset.categories.size()) + 1, name, ""});
  const auto index = index_by(dataset.categories, &DetectionCategory::name);
  for (std::size_t i = 0; i < classes.size(); ++i) dataset.annotations[i].category = index.at(classes[i]);
  return dataset;
}

}  // namespace fovea
