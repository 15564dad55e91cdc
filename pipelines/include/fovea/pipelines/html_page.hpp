// Reports as one HTML file: tables, charts and pictures in it, nothing from a network, no script.
#pragma once

#include <opencv2/core/mat.hpp>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "fovea/vision/chart.hpp"

namespace fovea {

/// A table of texts. Cells that begin with a digit or a sign stand to the right, the columns of a row are those of the header.
struct HtmlTable {
  std::vector<std::string> header;
  std::vector<std::vector<std::string>> rows;
};

struct HtmlFigure {
  cv::Mat image;  ///< 8-bit BGR or grey
  std::string caption;
};

/// Builds the page from top to bottom. All texts are plain: what means markup is escaped. The page is well-formed XML too (XHTML).
class HtmlPage {
 public:
  explicit HtmlPage(std::string_view title);

  void add_heading(std::string_view text);
  void add_paragraph(std::string_view text);
  /// Text with its own line breaks and columns.
  void add_preformatted(std::string_view text);
  void add_list(std::span<const std::string> items);
  void add_table(const HtmlTable& table);
  /// The same, to be opened by the reader: for long tables.
  void add_folded_table(std::string_view summary, const HtmlTable& table);
  /// As vectors, one below the other.
  void add_charts(std::span<const Chart> charts);
  /// Side by side. Photographs become JPEG and are reduced to a longer side of at most `longest` pixels.
  void add_photographs(std::span<const HtmlFigure> figures, int longest = 480);
  /// A drawn picture, as PNG, pixel by pixel.
  void add_drawing(const HtmlFigure& figure);

  /// The whole page.
  std::string text() const;

 private:
  std::string title_, body_;
  int charts_ = 0;  // so far: names the parts of the next ones
};

}  // namespace fovea
