#include "detection_names.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <system_error>

#include "fovea/base/error.hpp"
#include "fovea/base/text.hpp"
#include "text_fields.hpp"

namespace fovea {

namespace fs = std::filesystem;

std::string stem_of(const std::string& file_name) { return fs::path(file_name).stem().string(); }

std::vector<fs::path> files_in(const fs::path& folder, const std::string& extension) {
  std::vector<fs::path> files;
  std::error_code error;
  for (fs::directory_iterator at(folder, error), end; !error && at != end; at.increment(error))
    if (at->path().extension() == extension) files.push_back(at->path());
  if (error) throw FileError(folder.string(), fmt::format("cannot be read as a folder: {}", error.message()));
  std::sort(files.begin(), files.end(), [](const fs::path& a, const fs::path& b) { return natural_less(a.string(), b.string()); });
  return files;
}

ImageObjects::ImageObjects(const DetectionDataset& dataset) : objects(dataset.images.size()) {
  std::set<std::string> seen;
  for (const DetectionImage& image : dataset.images) {
    stems.push_back(stem_of(image.file_name));
    if (!seen.insert(stems.back()).second)
      throw OptionError(fmt::format("two images are called \"{}\": their label files would be one", stems.back()));
  }
  for (const DetectionAnnotation& annotation : dataset.annotations)
    objects[static_cast<std::size_t>(annotation.image)].push_back(&annotation);
}

namespace {

/// A class by name, or by its place among `names`.
std::string name_of(std::string_view word, const std::vector<std::string>& names) {
  if (const auto place = index_of(word); place && static_cast<std::size_t>(*place) < names.size())
    return names[static_cast<std::size_t>(*place)];
  return std::string(word);
}

}  // namespace

CategoryNames::CategoryNames(DetectionDataset& dataset, const std::vector<std::string>& names) : dataset_(dataset), names_(names) {
  for (const std::string& name : names) dataset.categories.push_back({static_cast<std::int64_t>(dataset.categories.size()), name, ""});
  indices_ = index_by(dataset.categories, &DetectionCategory::name);
}

std::int32_t CategoryNames::index(std::string_view word, const std::function<void(const std::string& what)>& fail) {
  const std::string name = name_of(word, names_);
  if (name.empty()) fail("the class is missing");
  if (!names_.empty() && !indices_.contains(name)) fail(unknown_name_message("class", name, names_));
  const auto [found, added] = indices_.emplace(name, static_cast<std::int32_t>(dataset_.categories.size()));
  if (added) dataset_.categories.push_back({0, name, ""});
  return found->second;
}

void CategoryNames::finish() {
  if (!names_.empty()) return;
  std::vector<std::string> sorted;
  for (const DetectionCategory& category : dataset_.categories) sorted.push_back(category.name);
  std::sort(sorted.begin(), sorted.end(), natural_less);
  std::vector<DetectionCategory> categories;
  for (const std::string& name : sorted) categories.push_back({static_cast<std::int64_t>(categories.size()) + 1, name, ""});
  const auto places = index_by(categories, &DetectionCategory::name);
  for (DetectionAnnotation& annotation : dataset_.annotations)
    annotation.category = places.at(dataset_.categories[static_cast<std::size_t>(annotation.category)].name);
  dataset_.categories = std::move(categories);
}

TruthNames::TruthNames(const DetectionDataset& truth, const std::vector<std::string>& names)
    : names_(names), categories_(index_by(truth.categories, &DetectionCategory::name)) {
  for (std::size_t i = 0; i < truth.images.size(); ++i)
    if (!images_.emplace(stem_of(truth.images[i].file_name), static_cast<std::int32_t>(i)).second)
      images_[stem_of(truth.images[i].file_name)] = -1;
}

std::int32_t TruthNames::image(const fs::path& path, const std::string& stem) const {
  const auto found = images_.find(stem);
  if (found == images_.end()) throw FileError(path.string(), fmt::format("the ground truth has no image \"{}\"", stem));
  if (found->second < 0) throw FileError(path.string(), fmt::format("the ground truth has more than one image \"{}\"", stem));
  return found->second;
}

std::int32_t TruthNames::category(std::string_view word) {
  const std::string name = name_of(word, names_);
  const auto found = categories_.find(name);
  if (found != categories_.end()) return found->second;
  if (unknown_++ == 0) first_unknown_ = name;
  return -1;
}

std::vector<std::string> TruthNames::notes() const {
  if (unknown_ == 0) return {};
  return {fmt::format("{} results of classes that the ground truth does not have (\"{}\" first) are left out", unknown_, first_unknown_)};
}

}  // namespace fovea
