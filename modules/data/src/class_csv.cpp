#include "fovea/data/class_csv.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

#include "csv_table.hpp"
#include "fovea/base/error.hpp"
#include "fovea/base/text.hpp"
#include "labelled_files.hpp"

namespace fovea {

namespace fs = std::filesystem;

namespace {

std::vector<std::string> classes_in(const CsvTable& table, std::size_t column) {
  std::set<std::string> distinct;
  for (std::size_t row = 0; row < table.size(); ++row) {
    if (table.text(row, column).empty()) table.fail(row, "the class is missing");
    distinct.insert(table.text(row, column));
  }
  std::vector<std::string> classes(distinct.begin(), distinct.end());
  std::sort(classes.begin(), classes.end(), natural_less);
  return classes;
}

fs::path existing_image(const CsvTable& table, std::size_t row, std::size_t column, const fs::path& folder) {
  fs::path image = folder / table.text(row, column);
  if (!fs::is_regular_file(image)) table.fail(row, fmt::format("there is no image {}", image.string()));
  return image;
}

}  // namespace

ImageFolder open_class_csv(const fs::path& path, const std::vector<std::string>& names) {
  const CsvTable table(path);
  const std::size_t file = table.require({"file", "file_name", "filename", "image", "path"});
  const std::size_t label = table.require({"label", "class", "category", "name"});
  const auto split = table.find({"split"});
  const std::vector<std::string> labels = names.empty() ? classes_in(table, label) : names;
  if (labels.size() < 2) throw FileError(path.string(), fmt::format("a classifier needs at least two classes, found {}", labels.size()));

  ImageFolder result;
  std::map<std::string, ClassificationDatasetPtr*> splits = {{"train", &result.train}, {"val", &result.val}, {"test", &result.test}};
  if (!split) splits = {{"", &result.whole}};
  std::map<std::string, std::vector<LabelledFile>> files;
  for (std::size_t row = 0; row < table.size(); ++row) {
    const std::string name = split ? table.text(row, *split) : "";
    if (!splits.contains(name)) table.fail(row, fmt::format("the split is \"{}\", expected train, val or test", name));
    const auto found = std::find(labels.begin(), labels.end(), table.text(row, label));
    if (found == labels.end()) table.fail(row, unknown_name_message("class", table.text(row, label), labels));
    files[name].push_back({existing_image(table, row, file, path.parent_path()), found - labels.begin()});
  }
  for (auto& [name, members] : files) *splits.at(name) = labelled_files(path.parent_path(), std::move(members), labels);
  return result;
}

}  // namespace fovea
