// safetensors files: named tensors behind a JSON header. Data only, never code.
//
//     8 bytes    length of the header, little-endian
//     header     JSON: {"__metadata__": {text: text}, name: {"dtype": "F32", "shape": [2,3], "data_offsets": [begin, end]}, ...}, then
//     spaces the rest   the elements, little-endian, row-major; the offsets count from here and cover it without holes or overlaps
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "fovea/tensor/tensor.hpp"

namespace fovea {

struct NamedTensor {
  std::string name;
  Tensor tensor;
};

struct SafetensorsFile {
  std::vector<NamedTensor> tensors;  ///< in the order of their data
  std::map<std::string, std::string> metadata;
};

/// Reads F64, F32, BF16, I64, I32 and U8 as they are, F16 converted to f32. Everything is validated before it is used; each violation
/// of the format is a FileError that names the tensor and what was expected.
SafetensorsFile read_safetensors(const std::filesystem::path& path);

/// The same for bytes in memory; `where` names them in errors.
SafetensorsFile parse_safetensors(std::span<const std::uint8_t> bytes, const std::string& where);

/// The texts in the header of a file, whose tensors are not read; the header is validated as far as they need. Throws FileError.
std::map<std::string, std::string> read_safetensors_metadata(const std::filesystem::path& path);

/// Replaces `path` as a whole (write_file). Larger element types come first, otherwise the order is kept, so that every tensor is aligned
/// to its element size; equal content gives equal bytes. Throws OptionError when two names are equal, a name is "__metadata__", or a text
/// is not UTF-8, and FileError when the file cannot be written.
void write_safetensors(const std::filesystem::path& path, const SafetensorsFile& file);

/// The same bytes for another file: handed to `sink` piece by piece, in order.
void write_safetensors(const SafetensorsFile& file, const std::function<void(std::string_view bytes)>& sink);

}  // namespace fovea
