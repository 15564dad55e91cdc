// Arrays of doubles as numpy stores them (.npy, version 1: magic, a line of Python, little-endian values in C order).
#pragma once

#include <cstdint>
#include <cstring>
#include <filesystem>
#include <stdexcept>
#include <string>
#include <vector>

#include "fovea/base/file.hpp"

namespace fovea::test {

struct NpyArray {
  std::vector<std::size_t> shape;
  std::vector<double> values;
};

inline NpyArray read_npy(const std::filesystem::path& path) {
  const std::vector<std::uint8_t> bytes = read_file(path);
  constexpr std::size_t kPrefix = 10;  // magic, version, length of the header
  if (bytes.size() < kPrefix || std::memcmp(bytes.data(), "\x93NUMPY\x01", 7) != 0)
    throw std::runtime_error(path.string() + " is no .npy file");
  const std::size_t header_size = bytes[8] + 256U * bytes[9];
  const std::string header(reinterpret_cast<const char*>(bytes.data()) + kPrefix, header_size);
  if (header.find("'<f8'") == std::string::npos || header.find("'fortran_order': False") == std::string::npos)
    throw std::runtime_error(path.string() + ": expected doubles in C order, found " + header);
  NpyArray array;
  std::size_t count = 1;
  for (std::size_t at = header.find('(') + 1; header[at] != ')';) {
    std::size_t digits = 0;
    array.shape.push_back(std::stoul(header.substr(at), &digits));
    count *= array.shape.back();
    at += digits;
    while (header[at] == ',' || header[at] == ' ') ++at;
  }
  if (bytes.size() != kPrefix + header_size + count * sizeof(double))
    throw std::runtime_error(path.string() + " has another size than its shape");
  array.values.resize(count);
  std::memcpy(array.values.data(), bytes.data() + kPrefix + header_size, count * sizeof(double));
  return array;
}

}  // namespace fovea::test
