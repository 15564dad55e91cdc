// The page of `fovea doctor --html`.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <opencv2/core.hpp>
#include <opencv2/imgproc.hpp>

#include "fovea/base/error.hpp"
#include "fovea/pipelines/doctor_report.hpp"
#include "fovea/pipelines/html_page.hpp"
#include "fovea/vision/annotation_picture.hpp"

namespace fovea {

namespace {

constexpr std::size_t kMostRows = 1000;  // of one kind: a page that a browser still opens

const cv::Scalar kRed(40, 40, 220);

/// The picture with its objects, and the box that the finding is about with a frame around it; a finding without a box shows all objects.
cv::Mat drawn(const InspectedSplit& split, std::int32_t image, std::int32_t annotation) {
  const auto index = static_cast<std::size_t>(image);
  AnnotatedImage sample{.image = split.load(index)};
  std::vector<std::string> names;
  for (const DetectionCategory& category : split.boxes.categories) names.push_back(category.name);
  for (std::size_t a = 0; a < split.boxes.annotations.size(); ++a) {
    const DetectionAnnotation& object = split.boxes.annotations[a];
    if (object.image == image && (annotation < 0 || annotation == static_cast<std::int32_t>(a)))
      sample.objects.push_back({.box = to_box(object.box), .label = object.category});
  }
  cv::Mat picture = draw_annotations(sample, names);
  if (annotation >= 0) {
    constexpr int kMargin = 12;  // a box of no width is not to be seen otherwise
    const Box& box = sample.objects.front().box;
    const cv::Point near(cvFloor(std::min(box.x1, box.x2)) - kMargin, cvFloor(std::min(box.y1, box.y2)) - kMargin),
        far(cvCeil(std::max(box.x1, box.x2)) + kMargin, cvCeil(std::max(box.y1, box.y2)) + kMargin);
    cv::rectangle(picture, near, far, kRed, 2);
  }
  return picture;
}

cv::Mat side_by_side(const cv::Mat& left, const cv::Mat& right) {
  constexpr int kHeight = 240, kGap = 6;
  const auto scaled = [](const cv::Mat& image) {
    cv::Mat result;
    cv::resize(image, result, {std::max(1, image.cols * kHeight / image.rows), kHeight}, 0, 0, cv::INTER_AREA);
    return result;
  };
  const cv::Mat gap(kHeight, kGap, CV_8UC3, cv::Scalar::all(255));
  cv::Mat both;
  cv::hconcat(std::vector<cv::Mat>{scaled(left), gap, scaled(right)}, both);
  return both;
}

bool is_picture(const Inspection& data, ImagePlace place) {
  if (place.split < 0 || !data.looked_at_images) return false;
  return data.splits[static_cast<std::size_t>(place.split)].images[static_cast<std::size_t>(place.image)].problem.empty();
}

HtmlFigure figure_of(const Inspection& data, const DataFinding& finding) {
  const InspectedSplit& split = data.splits[static_cast<std::size_t>(finding.place.split)];
  cv::Mat picture = drawn(split, finding.place.image, finding.annotation);
  if (is_picture(data, finding.other)) {
    const InspectedSplit& other = data.splits[static_cast<std::size_t>(finding.other.split)];
    picture =
        side_by_side(other.load(static_cast<std::size_t>(finding.other.image)), split.load(static_cast<std::size_t>(finding.place.image)));
  }
  return {picture, fmt::format("{}: {}", finding.file, finding.message)};
}

void add_kind(HtmlPage& page, const Inspection& data, const FindingKindInfo& kind, std::int64_t pictures) {
  std::vector<HtmlFigure> figures;
  HtmlTable table{.header = {"split", "file", "finding"}, .rows = {}};
  std::size_t count = 0;
  for (const DataFinding& finding : data.findings) {
    if (finding.kind != kind.kind) continue;
    ++count;
    if (static_cast<std::int64_t>(figures.size()) < pictures && is_picture(data, finding.place))
      figures.push_back(figure_of(data, finding));
    const std::string split = finding.place.split < 0 ? "" : data.splits[static_cast<std::size_t>(finding.place.split)].name;
    if (table.rows.size() < kMostRows) table.rows.push_back({split, finding.file, finding.message});
  }
  if (count == 0) return;
  page.add_heading(fmt::format("{} {}", count, kind.name));
  page.add_paragraph(fmt::format("{} ({})", kind.meaning, kind.severity == Severity::error ? "error" : "warning"));
  page.add_photographs(figures);
  if (count > table.rows.size()) page.add_paragraph(fmt::format("The first {} of {}; --json lists all.", table.rows.size(), count));
  page.add_folded_table("every finding", table);
}

HtmlTable table_of_splits(const Inspection& data) {
  HtmlTable table{.header = {"split", "images", "objects"}, .rows = {}};
  for (const InspectedSplit& split : data.splits)
    table.rows.push_back(
        {split.name, fmt::format("{}", split.images.size()), data.has_boxes() ? fmt::format("{}", split.boxes.annotations.size()) : ""});
  return table;
}

HtmlTable table_of_kinds(const Inspection& data) {
  HtmlTable table{.header = {"kind", "severity", "found", "meaning"}, .rows = {}};
  for (const FindingKindInfo& kind : finding_kinds()) {
    const auto count =
        std::count_if(data.findings.begin(), data.findings.end(), [&](const DataFinding& finding) { return finding.kind == kind.kind; });
    table.rows.push_back({kind.name, kind.severity == Severity::error ? "error" : "warning", fmt::format("{}", count), kind.meaning});
  }
  return table;
}

}  // namespace

std::string to_page(const Inspection& data, const RepairReport& repair, const std::vector<std::string>& sources, std::int64_t pictures) {
  HtmlPage page(fmt::format("Doctor's report on {}", fmt::join(sources, ", ")));
  page.add_paragraph(fmt::format("Errors: {}, warnings: {}.", data.count(Severity::error), data.count(Severity::warning)));
  page.add_table(table_of_splits(data));
  page.add_list(data.notes);
  page.add_table(table_of_kinds(data));
  if (!repair.folder.empty()) {
    page.add_heading(fmt::format("{} changes in the copy {}", repair.changes.size(), repair.folder));
    page.add_list(repair.changes);
  }
  for (const FindingKindInfo& kind : finding_kinds()) add_kind(page, data, kind, pictures);
  return page.text();
}

}  // namespace fovea
