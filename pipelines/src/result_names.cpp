#include "result_names.hpp"

namespace fovea {

namespace fs = std::filesystem;

fs::path name_below(const fs::path& base, const fs::path& file) {
  const fs::path folder = base.empty() ? fs::path(".") : base;
  fs::path name = file.lexically_normal().lexically_relative(folder.lexically_normal());
  if (name.empty() || *name.begin() == "..") name = fs::absolute(file).lexically_normal().relative_path();
  return name;
}

std::string ResultNames::next(const fs::path& file) {
  const fs::path full = name_below(base_, file);
  std::string name = fs::path(full).replace_extension().string();
  if (!given_.insert(name).second) {
    name = full.string();
    while (!given_.insert(name).second) name += "_";  // a list may name a file twice
  }
  return name;
}

}  // namespace fovea
