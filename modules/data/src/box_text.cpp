#include "fovea/data/box_text.hpp"

#include <fmt/format.h>

#include "detection_names.hpp"
#include "fovea/base/error.hpp"
#include "fovea/base/file.hpp"
#include "text_fields.hpp"

namespace fovea {

namespace {

struct Line {
  std::string_view name;
  double score = 0;
  XywhBox box;
};

/// `scored`: a score stands between class and box.
Line parse(const std::filesystem::path& path, std::size_t number, const std::vector<std::string_view>& fields, BoxTextForm form,
           bool scored) {
  const std::size_t first = scored ? 2 : 1;
  const auto fail = [&](const std::string& what) { throw FileError(path.string(), fmt::format("line {}: {}", number, what)); };
  if (fields.size() != first + 4)
    fail(fmt::format("expected \"class {}{}\", found {} fields", scored ? "score " : "",
                     form == BoxTextForm::corners ? "x1 y1 x2 y2" : "x y width height", fields.size()));
  std::vector<double> numbers;
  for (std::size_t i = 1; i < fields.size(); ++i) {
    const auto value = number_of(fields[i]);
    if (!value) fail(fmt::format("\"{}\" is no finite number", shown(fields[i])));
    numbers.push_back(*value);
  }
  const double* box = numbers.data() + (first - 1);
  if (form == BoxTextForm::size) return {fields[0], numbers[0], {box[0], box[1], box[2], box[3]}};
  return {fields[0], numbers[0], {box[0], box[1], box[2] - box[0], box[3] - box[1]}};
}

/// Calls visit(line number, line) for each box of a file; read_item says what `findings` does.
template <class Visit>
void visit_boxes(const std::filesystem::path& path, BoxTextForm form, bool scored, std::vector<DataFinding>* findings, Visit&& visit) {
  const std::string text = read_text_file(path);
  visit_lines(text, [&](std::size_t number, std::string_view line) {
    const std::vector<std::string_view> fields = fields_of(line);
    if (!fields.empty()) read_item(findings, [&] { visit(number, parse(path, number, fields, form, scored)); });
  });
}

std::vector<std::filesystem::path> text_files(const std::filesystem::path& folder) {
  std::vector<std::filesystem::path> files = files_in(folder, ".txt");
  if (files.empty()) throw FileError(folder.string(), "holds no .txt files");
  return files;
}

}  // namespace

DetectionDataset read_box_text(const std::filesystem::path& folder, BoxTextForm form, const std::vector<std::string>& names,
                               std::vector<DataFinding>* findings) {
  DetectionDataset dataset;
  dataset.convention = PixelConvention::unstated;
  CategoryNames categories(dataset, names);
  for (const std::filesystem::path& path : text_files(folder)) {
    const auto image = static_cast<std::int32_t>(dataset.images.size());
    dataset.images.push_back({image + 1, path.stem().string(), 0, 0});
    visit_boxes(path, form, false, findings, [&](std::size_t number, const Line& line) {
      const auto fail = [&](const std::string& what) {
        throw ItemError(FindingKind::unknown_class, path.string(), fmt::format("line {}: {}", number, what));
      };
      dataset.annotations.push_back({.id = static_cast<std::int64_t>(dataset.annotations.size()) + 1,
                                     .image = image,
                                     .category = categories.index(line.name, fail),
                                     .box = line.box,
                                     .area = line.box.area()});
    });
  }
  categories.finish();
  return dataset;
}

DetectionResults read_box_text_results(const std::filesystem::path& folder, BoxTextForm form, const DetectionDataset& truth,
                                       const std::vector<std::string>& names) {
  TruthNames known(truth, names);
  DetectionResults results;
  results.convention = PixelConvention::unstated;
  for (const std::filesystem::path& path : text_files(folder)) {
    const std::int32_t image = known.image(path, path.stem().string());
    visit_boxes(path, form, true, nullptr, [&](std::size_t, const Line& line) {
      const std::int32_t category = known.category(line.name);
      if (category >= 0) results.results.push_back({image, category, line.box, line.score, {}});
    });
  }
  results.notes = known.notes();
  return results;
}

}  // namespace fovea
