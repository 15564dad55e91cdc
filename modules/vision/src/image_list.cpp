#include <algorithm>
#include <array>
#include <string_view>

#include "fovea/base/error.hpp"
#include "fovea/base/text.hpp"
#include "fovea/vision/image_loader.hpp"

namespace fovea {

namespace fs = std::filesystem;

namespace {

constexpr std::array<std::string_view, 11> kListed{".jpg",  ".jpeg", ".png", ".bmp", ".tif", ".tiff",
                                                       ".webp", ".pgm",  ".ppm", ".pbm", ".pnm"};

bool has_image_extension(const fs::path& path) {
  std::string extension = path.extension().string();
  for (char& c : extension)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return std::find(kListed.begin(), kListed.end(), extension) != kListed.end();
}

}  // namespace

std::vector<fs::path> list_images(const fs::path& folder) {
  if (!fs::is_directory(folder))
    throw FileError(folder.string(), fs::exists(folder) ? "is not a folder" : "does not exist, expected a folder");
  std::vector<std::string> names;
  try {
    for (auto entry = fs::recursive_directory_iterator(folder); entry != fs::recursive_directory_iterator(); ++entry) {
      const bool hidden = entry->path().filename().string().starts_with('.');
      if (hidden && entry->is_directory()) entry.disable_recursion_pending();
      if (!hidden && has_image_extension(entry->path()) && entry->is_regular_file())
        names.push_back(entry->path().lexically_relative(folder).generic_string());
    }
  } catch (const fs::filesystem_error& error) {
    throw FileError(error.path1().empty() ? folder.string() : error.path1().string(), "cannot be listed: " + error.code().message());
  }
  std::sort(names.begin(), names.end(), natural_less);
  std::vector<fs::path> paths;
  for (const std::string& name : names) paths.push_back(folder / name);
  return paths;
}

}  // namespace fovea
