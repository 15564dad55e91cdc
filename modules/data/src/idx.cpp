#include "fovea/data/idx.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "fovea/base/error.hpp"
#include "fovea/base/file.hpp"
#include "fovea/data/label_names.hpp"
#include "unzip.hpp"

namespace fovea {

namespace fs = std::filesystem;

namespace {

constexpr std::uint32_t kUnsignedBytes = 0x800;

/// A file whose content, plain or compressed, can be asked for up to a length.
class Content {
 public:
  explicit Content(const fs::path& path) : bytes_(read_file(path)), where_(path.string()) {}

  std::vector<std::uint8_t> first(std::uint64_t at_most) const {
    if (is_gzip(bytes_)) return unzip(bytes_, at_most, where_);
    return {bytes_.begin(), bytes_.begin() + static_cast<std::ptrdiff_t>(std::min<std::uint64_t>(at_most, bytes_.size()))};
  }

 private:
  std::vector<std::uint8_t> bytes_;
  std::string where_;
};

std::uint32_t big_endian(const std::uint8_t* bytes) {
  return std::uint32_t{bytes[0]} << 24 | std::uint32_t{bytes[1]} << 16 | std::uint32_t{bytes[2]} << 8 | bytes[3];
}

Shape read_shape(const std::vector<std::uint8_t>& header, int axes, const std::string& where) {
  std::vector<std::int64_t> extents;
  for (int axis = 0; axis < axes; ++axis) extents.push_back(big_endian(header.data() + 4 + 4 * axis));
  try {
    return Shape(extents);
  } catch (const ShapeError& error) {
    throw FileError(where, error.what());
  }
}

/// Images and labels, in memory.
class IdxDataset final : public ClassificationDataset {
 public:
  IdxDataset(std::string name, IdxArray images, std::vector<std::uint8_t> classes, std::vector<std::string> labels)
      : name_(std::move(name)), images_(std::move(images)), classes_(std::move(classes)), labels_(std::move(labels)) {}

  std::int64_t size() const override { return images_.shape[0]; }
  ClassificationSample get(std::int64_t index) const override {
    require_index(index, size());
    cv::Mat image(static_cast<int>(images_.shape[1]), static_cast<int>(images_.shape[2]), CV_8UC1);
    const auto pixels = static_cast<std::ptrdiff_t>(image.total());
    std::copy_n(images_.values.begin() + index * pixels, pixels, image.data);
    return {.image = image, .label = label(index), .id = id(index)};
  }
  const std::vector<std::string>& labels() const override { return labels_; }
  std::int64_t label(std::int64_t index) const override {
    require_index(index, size());
    return classes_[static_cast<std::size_t>(index)];
  }
  std::string id(std::int64_t index) const override {
    require_index(index, size());
    return fmt::format("{}/{}", name_, index);
  }

 private:
  std::string name_;
  IdxArray images_;
  std::vector<std::uint8_t> classes_;
  std::vector<std::string> labels_;
};

/// What a pair of files holds, checked, before the classes have names.
struct IdxPair {
  IdxArray images, labels;
  std::string labels_path;
};

/// `stem` plain or with ".gz"; nothing when neither is there.
std::optional<fs::path> find_file(const fs::path& folder, const std::string& stem) {
  for (const char* ending : {"", ".gz"})
    if (const fs::path path = folder / (stem + ending); fs::exists(path)) return path;
  return std::nullopt;
}

std::optional<IdxPair> read_pair(const fs::path& folder, const std::string& prefix) {
  const std::string images_name = prefix + "-images-idx3-ubyte", labels_name = prefix + "-labels-idx1-ubyte";
  const auto images_path = find_file(folder, images_name), labels_path = find_file(folder, labels_name);
  if (!images_path && !labels_path) return std::nullopt;
  if (!images_path) throw FileError(folder.string(), fmt::format("holds {}[.gz] but not {}[.gz]", labels_name, images_name));
  if (!labels_path) throw FileError(folder.string(), fmt::format("holds {}[.gz] but not {}[.gz]", images_name, labels_name));
  IdxPair pair{read_idx(*images_path, 3), read_idx(*labels_path, 1), labels_path->string()};
  const Shape& shape = pair.images.shape;
  constexpr std::int64_t kMaxSide = 65'535;  // as for every other image
  if (shape.numel() == 0 || shape[1] > kMaxSide || shape[2] > kMaxSide)
    throw FileError(images_path->string(), fmt::format("holds {} images of {} rows and {} columns", shape[0], shape[1], shape[2]));
  if (shape[0] != pair.labels.shape[0])
    throw FileError(pair.labels_path,
                    fmt::format("holds {} labels, but {} holds {} images", pair.labels.shape[0], images_path->string(), shape[0]));
  return pair;
}

std::int64_t class_count(const std::optional<IdxPair>& pair) {
  if (!pair) return 0;
  return 1 + *std::max_element(pair->labels.values.begin(), pair->labels.values.end());
}

std::vector<std::string> numbers(std::int64_t count) {
  std::vector<std::string> names;
  for (std::int64_t i = 0; i < count; ++i) names.push_back(std::to_string(i));
  return names;
}

ClassificationDatasetPtr make_dataset(const char* name, std::optional<IdxPair> pair, const std::vector<std::string>& names) {
  if (!pair) return nullptr;
  const std::vector<std::uint8_t>& labels = pair->labels.values;
  const auto nameless = std::find_if(labels.begin(), labels.end(), [&](std::uint8_t label) { return label >= names.size(); });
  if (nameless != labels.end())
    throw FileError(pair->labels_path, fmt::format("sample {} has the label {}, but there are {} class names", nameless - labels.begin(),
                                                   *nameless, names.size()));
  return std::make_shared<IdxDataset>(name, std::move(pair->images), std::move(pair->labels.values), names);
}

}  // namespace

IdxArray read_idx(const fs::path& path, int axes) {
  const std::string where = path.string();
  const Content content(path);
  const std::uint64_t header_bytes = 4 + 4 * static_cast<std::uint64_t>(axes);
  const std::vector<std::uint8_t> header = content.first(header_bytes);
  const std::uint32_t wanted = kUnsignedBytes + static_cast<std::uint32_t>(axes);
  if (header.size() >= 4 && big_endian(header.data()) != wanted)
    throw FileError(
        where, fmt::format("has the magic number {}, expected {} (IDX, unsigned bytes, {} axes)", big_endian(header.data()), wanted, axes));
  if (header.size() < header_bytes)
    throw FileError(where, fmt::format("has {} bytes, expected an IDX header of {}", header.size(), header_bytes));
  const Shape shape = read_shape(header, axes, where);
  const std::uint64_t expected = header_bytes + static_cast<std::uint64_t>(shape.numel());
  std::vector<std::uint8_t> bytes = content.first(expected + 1);
  if (bytes.size() < expected)
    throw FileError(where, fmt::format("is cut short: {} bytes for {}, expected {}", bytes.size(), shape.to_string(), expected));
  if (bytes.size() > expected) throw FileError(where, fmt::format("goes on after the {} bytes of {}", expected, shape.to_string()));
  bytes.erase(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(header_bytes));
  return {shape, std::move(bytes)};
}

IdxFolder open_idx_folder(const fs::path& folder, std::vector<std::string> names) {
  if (!fs::is_directory(folder)) throw FileError(folder.string(), "is not a folder, expected one that holds IDX files");
  std::optional<IdxPair> train = read_pair(folder, "train"), test = read_pair(folder, "t10k");
  if (!train && !test)
    throw FileError(folder.string(),
                    "holds no IDX files, expected train-images-idx3-ubyte and train-labels-idx1-ubyte (or t10k-...), plain or .gz");
  const fs::path names_file = folder / "labels.txt";
  if (names.empty() && fs::exists(names_file)) names = read_label_names(names_file);
  if (names.empty()) names = numbers(std::max(class_count(train), class_count(test)));
  return {make_dataset("train", std::move(train), names), make_dataset("test", std::move(test), names)};
}

}  // namespace fovea
