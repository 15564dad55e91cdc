// Event files, which TensorBoard and its like draw.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "fovea/base/append_file.hpp"

namespace fovea {

/// A file of records: length (u64), its checksum, an `Event` message of TensorFlow's event.proto, its checksum; all little-endian,
/// checksums masked CRC-32C (TFRecord). Every record is appended as a whole, so that a reader may follow the file as it grows.
///     field of Event     1 wall_time (double, seconds since 1970)   2 step (int64)   3 file_version (string)   5 summary
///     field of Summary   1 value, repeated:   1 tag (string)   2 simple_value (float)   4 image
///     field of Image     1 height   2 width   3 colorspace (3: RGB)   4 encoded_image_string (PNG)
class EventFile {
 public:
  /// Goes on with the folder's file events.out.tfevents.*, or begins one. Throws FileError.
  explicit EventFile(const std::filesystem::path& folder);

  /// One event with a number for each tag, as f32; none without numbers. Tags with a common beginning up to "/" are shown together.
  void add_scalars(std::int64_t step, const std::vector<std::pair<std::string, double>>& values);
  /// `png` is the bytes of the file of an image of `width` x `height` pixels.
  void add_image(std::int64_t step, const std::string& tag, int width, int height, std::string_view png);

  AppendFile& file() { return file_; }

 private:
  void add_event(std::int64_t step, std::string_view summary);

  AppendFile file_;
};

}  // namespace fovea
