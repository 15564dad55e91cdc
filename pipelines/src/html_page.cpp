#include "fovea/pipelines/html_page.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <opencv2/core.hpp>
#include <opencv2/imgproc.hpp>

#include "fovea/base/markup.hpp"
#include "fovea/base/version.hpp"
#include "fovea/vision/image_writer.hpp"

namespace fovea {

namespace {

constexpr std::string_view kStyle = R"(
:root { color-scheme: light dark; }
body { font: 15px/1.5 system-ui, sans-serif; max-width: 72rem; margin: 2rem auto; padding: 0 1rem; color: #1c1c1c; background: #ffffff; }
h1 { font-size: 1.6rem; margin-bottom: .3rem; }
h2 { font-size: 1.2rem; margin-top: 2.2rem; border-bottom: 1px solid #bbbbbb; }
table { border-collapse: collapse; margin: .6rem 0; font-variant-numeric: tabular-nums; }
th, td { padding: .15rem .7rem; border-bottom: 1px solid #dddddd; text-align: left; vertical-align: top; overflow-wrap: anywhere; }
td.number { text-align: right; }
pre { white-space: pre-wrap; }
svg, img { max-width: 100%; height: auto; background: #ffffff; }
.figures { display: flex; flex-wrap: wrap; gap: 1rem; }
figure { margin: .5rem 0; max-width: 100%; }
.figures figure { max-width: 480px; }
figcaption { font-size: .85rem; overflow-wrap: anywhere; }
footer { margin-top: 3rem; font-size: .85rem; color: #666666; }
@media (prefers-color-scheme: dark) {
  body { color: #e4e4e4; background: #191919; }
  h2 { border-color: #555555; }
  th, td { border-color: #3a3a3a; }
  footer { color: #999999; }
}
)";

bool is_number(std::string_view cell) {
  const std::size_t digit = cell.starts_with('-') || cell.starts_with('+') || cell.starts_with('.') ? 1 : 0;
  return digit < cell.size() && std::isdigit(static_cast<unsigned char>(cell[digit])) != 0;
}

std::string table_text(const HtmlTable& table) {
  std::string text = "<table>\n<tr>";
  for (const std::string& cell : table.header) text += fmt::format("<th>{}</th>", escape_markup(cell));
  text += "</tr>\n";
  for (const std::vector<std::string>& row : table.rows) {
    text += "<tr>";
    for (const std::string& cell : row)
      text += fmt::format("<td{}>{}</td>", is_number(cell) ? " class=\"number\"" : "", escape_markup(cell));
    text += "</tr>\n";
  }
  return text + "</table>\n";
}

/// `kind`: "jpeg" or "png".
std::string figure_text(const cv::Mat& image, const std::string& caption, const std::string& kind) {
  const std::string name = escape_markup(caption);
  return fmt::format(
      "<figure><img src=\"data:image/{};base64,{}\" width=\"{}\" height=\"{}\" alt=\"{}\"/><figcaption>{}</figcaption></figure>\n", kind,
      to_base64(encode_image("." + kind, image, caption)), image.cols, image.rows, name, name);
}

cv::Mat reduced(const cv::Mat& image, int longest) {
  const int side = std::max(image.cols, image.rows);
  if (side <= longest) return image;
  const double scale = static_cast<double>(longest) / side;
  cv::Mat small;
  cv::resize(image, small, {std::max(1, cvRound(image.cols * scale)), std::max(1, cvRound(image.rows * scale))}, 0, 0, cv::INTER_AREA);
  return small;
}

}  // namespace

HtmlPage::HtmlPage(std::string_view title) : title_(escape_markup(title)) {}

void HtmlPage::add_heading(std::string_view text) { body_ += fmt::format("<h2>{}</h2>\n", escape_markup(text)); }

void HtmlPage::add_paragraph(std::string_view text) { body_ += fmt::format("<p>{}</p>\n", escape_markup(text)); }

void HtmlPage::add_preformatted(std::string_view text) { body_ += fmt::format("<pre>{}</pre>\n", escape_markup(text)); }

void HtmlPage::add_list(std::span<const std::string> items) {
  if (items.empty()) return;
  body_ += "<ul>\n";
  for (const std::string& item : items) body_ += fmt::format("<li>{}</li>\n", escape_markup(item));
  body_ += "</ul>\n";
}

void HtmlPage::add_table(const HtmlTable& table) { body_ += table_text(table); }

void HtmlPage::add_folded_table(std::string_view summary, const HtmlTable& table) {
  body_ += fmt::format("<details><summary>{}</summary>\n{}</details>\n", escape_markup(summary), table_text(table));
}

void HtmlPage::add_charts(std::span<const Chart> charts) { body_ += charts_to_svg(charts, fmt::format("charts{}-", charts_++)); }

void HtmlPage::add_photographs(std::span<const HtmlFigure> figures, int longest) {
  if (figures.empty()) return;
  body_ += "<div class=\"figures\">\n";
  for (const HtmlFigure& figure : figures) body_ += figure_text(reduced(figure.image, longest), figure.caption, "jpeg");
  body_ += "</div>\n";
}

void HtmlPage::add_drawing(const HtmlFigure& figure) { body_ += figure_text(figure.image, figure.caption, "png"); }

std::string HtmlPage::text() const {
  return fmt::format(
      "<!DOCTYPE html>\n<html xmlns=\"http://www.w3.org/1999/xhtml\" lang=\"en\">\n<head>\n<meta charset=\"utf-8\"/>\n"
      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"/>\n<title>{0}</title>\n<style>{1}</style>\n</head>\n<body>\n"
      "<h1>{0}</h1>\n{2}<footer>fovea {3}</footer>\n</body>\n</html>\n",
      title_, kStyle, body_, version());
}

}  // namespace fovea
