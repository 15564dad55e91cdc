// What the result files of an image are called.
#pragma once

#include <filesystem>
#include <string>
#include <unordered_set>

namespace fovea {

/// The path of `file` below `base`; of a file elsewhere, its absolute path without the root.
std::filesystem::path name_below(const std::filesystem::path& base, const std::filesystem::path& file);

/// Names without extension, each given once: photo.jpg is "photo", and a photo.png after it "photo.png".
class ResultNames {
 public:
  explicit ResultNames(std::filesystem::path base) : base_(std::move(base)) {}
  std::string next(const std::filesystem::path& file);

 private:
  std::filesystem::path base_;
  std::unordered_set<std::string> given_;
};

}  // namespace fovea
