#include "fovea/interchange/safetensors.hpp"

#include <fmt/ranges.h>

#include <algorithm>
#include <bit>
#include <cstring>
#include <fstream>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <string_view>
#include <tuple>

#include "fovea/base/error.hpp"
#include "fovea/base/file.hpp"

namespace fovea {

namespace {

static_assert(std::endian::native == std::endian::little, "elements are copied as they lie in the file");

// Sorted keys and logarithmic look-up: a header may hold a million names.
using Header = nlohmann::json;

constexpr std::uint64_t kMaxHeaderBytes = 100'000'000;  // the limit of the reference implementation
constexpr std::size_t kLengthBytes = 8;
constexpr const char* kMetadataKey = "__metadata__";

// --- element types ----------------------------------------------------------------------------------------------------------------

struct FileType {
  const char* name;
  DType dtype;                              ///< of the tensor in memory
  std::size_t bytes;                        ///< of one element in the file
  float (*widen)(std::uint16_t) = nullptr;  ///< for a type that is converted
};

/// IEEE 754 binary16: 1 sign, 5 exponent and 10 fraction bits.
float from_f16(std::uint16_t bits) {
  const std::uint32_t sign = std::uint32_t{bits & 0x8000U} << 16, exponent = (bits >> 10) & 0x1F, fraction = bits & 0x3FF;
  if (exponent == 0) {
    const float magnitude = static_cast<float>(fraction) * 0x1p-24F;
    return sign != 0 ? -magnitude : magnitude;
  }
  const std::uint32_t widened = exponent == 0x1F ? 0xFF : exponent + 127 - 15;
  return std::bit_cast<float>(sign | widened << 23 | fraction << 13);
}

constexpr FileType kFileTypes[] = {
    {"F64", DType::f64, 8}, {"F32", DType::f32, 4},           {"I64", DType::i64, 8},   {"I32", DType::i32, 4},
    {"U8", DType::u8, 1},   {"F16", DType::f32, 2, from_f16}, {"BF16", DType::bf16, 2},
};

const char* file_type_name(DType dtype) {
  const auto* type = std::find_if(std::begin(kFileTypes), std::end(kFileTypes), [&](const FileType& t) { return t.dtype == dtype; });
  return type->name;
}

// --- reading ----------------------------------------------------------------------------------------------------------------------

/// What the header says of one tensor, checked for itself.
struct Entry {
  std::string name;
  FileType type;
  Shape shape;
  std::uint64_t begin, end;
};

/// Walks through a JSON text without keeping it and stops at the first error or at a key that its object has already.
class KeyCheck : public nlohmann::json_sax<Header> {
 public:
  std::optional<std::string> duplicate;
  std::size_t error_position = 0;

  bool start_object(std::size_t) override {
    open_.emplace_back();
    return true;
  }
  bool end_object() override {
    open_.pop_back();
    return true;
  }
  bool key(std::string& name) override {
    if (open_.back().insert(name).second) return true;
    duplicate = name;
    return false;
  }
  bool parse_error(std::size_t position, const std::string&, const Header::exception&) override {
    error_position = position;
    return false;
  }
  bool null() override { return true; }
  bool boolean(bool) override { return true; }
  bool number_integer(std::int64_t) override { return true; }
  bool number_unsigned(std::uint64_t) override { return true; }
  bool number_float(double, const std::string&) override { return true; }
  bool string(std::string&) override { return true; }
  bool binary(Header::binary_t&) override { return true; }
  bool start_array(std::size_t) override { return true; }
  bool end_array() override { return true; }

 private:
  std::vector<std::set<std::string>> open_;  // keys of the objects that are open
};

class Reader {
 public:
  Reader(std::span<const std::uint8_t> bytes, const std::string& where) : bytes_(bytes), where_(where) {}

  /// `bytes` may end behind the header.
  std::map<std::string, std::string> read_metadata_alone() {
    const Header header = parse_header();
    return header.contains(kMetadataKey) ? read_metadata(header[kMetadataKey]) : std::map<std::string, std::string>();
  }

  SafetensorsFile read() {
    const Header header = parse_header();
    SafetensorsFile file;
    std::vector<Entry> entries;
    for (const auto& [name, value] : header.items()) {
      if (name == kMetadataKey)
        file.metadata = read_metadata(value);
      else
        entries.push_back(read_entry(name, value));
    }
    std::sort(entries.begin(), entries.end(),
              [](const Entry& a, const Entry& b) { return std::tie(a.begin, a.end, a.name) < std::tie(b.begin, b.end, b.name); });
    check_coverage(entries);
    for (const Entry& entry : entries) file.tensors.push_back({entry.name, read_tensor(entry)});
    return file;
  }

 private:
  template <class... Arguments>
  [[noreturn]] void fail(fmt::format_string<Arguments...> format, Arguments&&... arguments) const {
    throw FileError(where_, "is not a valid safetensors file: " + fmt::format(format, std::forward<Arguments>(arguments)...));
  }

  Header parse_header() {
    if (bytes_.size() < kLengthBytes) fail("it has {} bytes, expected at least {}", bytes_.size(), kLengthBytes);
    std::uint64_t length = 0;
    std::memcpy(&length, bytes_.data(), kLengthBytes);
    if (length > kMaxHeaderBytes) fail("its header would have {} bytes, expected at most {}", length, kMaxHeaderBytes);
    const std::uint64_t rest = bytes_.size() - kLengthBytes;
    if (length > rest) fail("its header has {} bytes, but only {} follow", length, rest);
    const auto text = bytes_.subspan(kLengthBytes, length);
    data_ = bytes_.subspan(kLengthBytes + length);
    if (text.empty() || text[0] != '{') fail("its header does not begin with '{{'");
    Header header = parse_without_duplicates(text);
    if (!header.is_object()) fail("its header is {}, expected an object", header.type_name());
    return header;
  }

  /// Two passes: the library keeps the last of equal keys in silence, and finding them while it builds the tree takes quadratic time.
  Header parse_without_duplicates(std::span<const std::uint8_t> text) const {
    KeyCheck check;
    if (Header::sax_parse(text.begin(), text.end(), &check)) return Header::parse(text.begin(), text.end());
    if (check.duplicate) fail("its header has the key \"{}\" twice", *check.duplicate);
    fail("its header is not valid JSON at byte {}", check.error_position);
  }

  std::map<std::string, std::string> read_metadata(const Header& value) const {
    if (!value.is_object()) fail("{} is {}, expected an object", kMetadataKey, value.type_name());
    std::map<std::string, std::string> metadata;
    for (const auto& [key, text] : value.items()) {
      if (!text.is_string()) fail("{}: the value of \"{}\" is {}, expected a string", kMetadataKey, key, text.type_name());
      metadata[key] = text.get<std::string>();
    }
    return metadata;
  }

  Entry read_entry(const std::string& name, const Header& value) const {
    if (!value.is_object()) fail("the entry of tensor \"{}\" is {}, expected an object", name, value.type_name());
    for (const char* key : {"dtype", "shape", "data_offsets"})
      if (!value.contains(key)) fail("tensor \"{}\" has no {}", name, key);
    if (value.size() != 3) fail("tensor \"{}\" has {} keys, expected dtype, shape and data_offsets", name, value.size());
    Entry entry{name, read_type(name, value["dtype"]), read_shape(name, value["shape"]), 0, 0};
    const std::vector<std::uint64_t> offsets = read_integers(name, "data_offsets", value["data_offsets"]);
    if (offsets.size() != 2 || offsets[0] > offsets[1])
      fail("tensor \"{}\" has data_offsets [{}], expected begin and end", name, fmt::join(offsets, ","));
    entry.begin = offsets[0];
    entry.end = offsets[1];
    const std::uint64_t size = entry.end - entry.begin;
    if (size % entry.type.bytes != 0 || size / entry.type.bytes != static_cast<std::uint64_t>(entry.shape.numel()))
      fail("tensor \"{}\" of type {} and shape {} has {} bytes, expected {} elements of {}", name, entry.type.name, entry.shape.to_string(),
           size, entry.shape.numel(), entry.type.bytes);
    return entry;
  }

  FileType read_type(const std::string& name, const Header& value) const {
    if (!value.is_string()) fail("the dtype of tensor \"{}\" is {}, expected a string", name, value.type_name());
    const std::string wanted = value.get<std::string>();
    for (const FileType& type : kFileTypes)
      if (wanted == type.name) return type;
    throw FileError(where_,
                    fmt::format("tensor \"{}\" has elements of type {}; fovea reads F64, F32, F16, BF16, I64, I32 and U8", name, wanted));
  }

  Shape read_shape(const std::string& name, const Header& value) const {
    const std::vector<std::uint64_t> extents = read_integers(name, "shape", value);
    std::vector<std::int64_t> checked;
    for (const std::uint64_t extent : extents) {
      if (extent > std::uint64_t{INT64_MAX}) fail("tensor \"{}\" has the extent {}", name, extent);
      checked.push_back(static_cast<std::int64_t>(extent));
    }
    try {
      return Shape(checked);
    } catch (const ShapeError& error) {
      fail("tensor \"{}\": {}", name, error.what());
    }
  }

  std::vector<std::uint64_t> read_integers(const std::string& name, const char* key, const Header& value) const {
    if (!value.is_array()) fail("the {} of tensor \"{}\" is {}, expected an array", key, name, value.type_name());
    std::vector<std::uint64_t> integers;
    for (const Header& element : value) {
      if (!element.is_number_unsigned()) fail("the {} of tensor \"{}\" holds something else than integers >= 0", key, name);
      integers.push_back(element.get<std::uint64_t>());
    }
    return integers;
  }

  /// `entries` in the order of their data.
  void check_coverage(const std::vector<Entry>& entries) const {
    std::uint64_t covered = 0;
    for (const Entry& entry : entries) {
      if (entry.begin != covered)
        fail("the data of tensor \"{}\" begins at {}, expected {} (no holes, no overlaps)", entry.name, entry.begin, covered);
      covered = entry.end;
    }
    if (covered != data_.size()) fail("its tensors have {} bytes, but {} follow the header", covered, data_.size());
  }

  Tensor read_tensor(const Entry& entry) const {
    const std::uint8_t* source = data_.data() + entry.begin;
    Tensor tensor = Tensor::empty(entry.shape, entry.type.dtype);
    if (entry.begin == entry.end) return tensor;
    if (entry.type.widen == nullptr) {
      std::memcpy(tensor.raw_data(), source, tensor.bytes());
      return tensor;
    }
    float* values = tensor.mutable_data<float>();
    for (std::int64_t i = 0; i < tensor.numel(); ++i) {
      std::uint16_t bits = 0;
      std::memcpy(&bits, source + 2 * i, sizeof bits);
      values[i] = entry.type.widen(bits);
    }
    return tensor;
  }

  std::span<const std::uint8_t> bytes_, data_;
  const std::string& where_;
};

// --- writing ----------------------------------------------------------------------------------------------------------------------

/// Pointers to the tensors in the order in which they are written.
std::vector<const NamedTensor*> writing_order(const std::vector<NamedTensor>& tensors) {
  std::vector<const NamedTensor*> order;
  for (const NamedTensor& tensor : tensors) order.push_back(&tensor);
  std::stable_sort(order.begin(), order.end(),
                   [](const NamedTensor* a, const NamedTensor* b) { return size_of(a->tensor.dtype()) > size_of(b->tensor.dtype()); });
  return order;
}

std::string header_text(const std::vector<const NamedTensor*>& order, const std::map<std::string, std::string>& metadata) {
  std::vector<std::string> parts;
  // Built name by name: the JSON library's objects that keep their order look names up one by one.
  const auto add = [&](const std::string& name, const Header& value) { parts.push_back(Header(name).dump() + ":" + value.dump()); };
  try {
    if (!metadata.empty()) add(kMetadataKey, Header(metadata));
    std::uint64_t offset = 0;
    std::set<std::string_view> names;
    for (const NamedTensor* entry : order) {
      const Tensor& tensor = entry->tensor;
      if (entry->name == kMetadataKey) throw OptionError(fmt::format("a tensor in a safetensors file cannot be called {}", kMetadataKey));
      if (!names.insert(entry->name).second)
        throw OptionError(fmt::format("a safetensors file cannot hold two tensors called \"{}\"", entry->name));
      const Header extents = std::vector<std::int64_t>(tensor.shape().begin(), tensor.shape().end());
      const std::uint64_t end = offset + tensor.bytes();
      add(entry->name, {{"dtype", file_type_name(tensor.dtype())}, {"shape", extents}, {"data_offsets", {offset, end}}});
      offset = end;
    }
  } catch (const Header::type_error& error) {
    throw OptionError("a name or text of a safetensors file is not valid UTF-8");
  }
  std::string text = fmt::format("{{{}}}", fmt::join(parts, ","));
  text.resize((text.size() + 7) / 8 * 8, ' ');  // the data begins 8-byte aligned
  return text;
}

}  // namespace

std::map<std::string, std::string> read_safetensors_metadata(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) throw FileError(path.string(), "cannot be opened");
  std::vector<std::uint8_t> head;
  const auto read_more = [&](std::uint64_t count) {
    const std::size_t before = head.size();
    head.resize(before + count);
    file.read(reinterpret_cast<char*>(head.data() + before), static_cast<std::streamsize>(count));
    head.resize(before + static_cast<std::size_t>(file.gcount()));
  };
  read_more(kLengthBytes);
  std::uint64_t length = 0;
  std::memcpy(&length, head.data(), head.size());
  if (head.size() == kLengthBytes && length <= kMaxHeaderBytes) read_more(length);  // what is too long, the reader says
  return Reader(head, path.string()).read_metadata_alone();
}

SafetensorsFile parse_safetensors(std::span<const std::uint8_t> bytes, const std::string& where) { return Reader(bytes, where).read(); }

SafetensorsFile read_safetensors(const std::filesystem::path& path) { return parse_safetensors(read_file(path), path.string()); }

void write_safetensors(const SafetensorsFile& file, const std::function<void(std::string_view)>& sink) {
  const std::vector<const NamedTensor*> order = writing_order(file.tensors);
  const std::string header = header_text(order, file.metadata);
  const std::uint64_t length = header.size();
  if (length > kMaxHeaderBytes)
    throw OptionError(fmt::format("the header of a safetensors file would have {} bytes, allowed are {}", length, kMaxHeaderBytes));
  sink({reinterpret_cast<const char*>(&length), kLengthBytes});
  sink(header);
  for (const NamedTensor* entry : order) sink({static_cast<const char*>(entry->tensor.raw_data()), entry->tensor.bytes()});
}

void write_safetensors(const std::filesystem::path& path, const SafetensorsFile& file) {
  FileWriter writer(path);
  write_safetensors(file, [&](std::string_view bytes) { writer.append(bytes); });
  writer.commit();
}

}  // namespace fovea
