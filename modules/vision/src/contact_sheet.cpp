#include "fovea/vision/contact_sheet.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <opencv2/core.hpp>
#include <opencv2/imgproc.hpp>

#include "fovea/base/error.hpp"
#include "fovea/vision/transform.hpp"
#include "paper_colors.hpp"
#include "picture_input.hpp"
#include "text_painter.hpp"

namespace fovea {

namespace {

constexpr int kGap = 10;   // between tiles and around the sheet
constexpr int kFrame = 3;  // of colour around a picture
constexpr int kTitle = 34;
const cv::Scalar kBehind(235, 235, 235);  // beside pictures that are not square

int caption_height(const ContactSheetOptions& options) { return std::clamp(options.tile_side / 6, 14, 28); }

cv::Mat fitted(const cv::Mat& picture, int side) {
  const int factor = side / std::max(picture.cols, picture.rows);
  cv::Mat enlarged = picture;
  if (factor > 1) cv::resize(picture, enlarged, {}, factor, factor, cv::INTER_NEAREST);
  if (enlarged.cols <= side && enlarged.rows <= side) {
    const cv::Rect window((enlarged.cols - side) / 2, (enlarged.rows - side) / 2, side, side);
    return make_crop(enlarged.size(), window, kBehind[0])->apply(enlarged);
  }
  return make_letterbox(enlarged.size(), {side, side}, kBehind[0])->apply(enlarged);
}

void draw_tile(cv::Mat& sheet, const ContactSheetOptions& options, const cv::Rect& area, const Tile& tile) {
  const cv::Rect framed(area.x - kFrame, area.y - kFrame, area.width + 2 * kFrame, area.height + kFrame + caption_height(options));
  cv::rectangle(sheet, framed, tile.colour, cv::FILLED);
  fitted(picture_input(tile.image, "draw_contact_sheet"), options.tile_side).copyTo(sheet(area));
  const TextPainter painter(std::clamp(options.tile_side / 16.0, 7.0, 13.0), readable_on(tile.colour));
  const cv::Point middle(area.x + area.width / 2, area.y + area.height + caption_height(options) / 2);
  painter.draw(sheet, painter.fitted(tile.caption, area.width), middle, TextPainter::Align::centre);
}

}  // namespace

cv::Rect tile_area(const ContactSheetOptions& options, int index) {
  const int across = options.tile_side + 2 * kFrame + kGap;
  const int down = options.tile_side + kFrame + caption_height(options) + kGap;
  const int top = options.title.empty() ? 0 : kTitle;
  return {kGap + kFrame + index % options.columns * across, top + kGap + kFrame + index / options.columns * down, options.tile_side,
          options.tile_side};
}

cv::Mat draw_contact_sheet(const ContactSheetOptions& options, std::span<const Tile> tiles) {
  if (options.columns < 1 || options.tile_side < 32)
    throw OptionError(
        fmt::format("[contact sheet] {} columns of {} pixels, expected at least 1 of 32", options.columns, options.tile_side));
  if (tiles.empty()) throw OptionError("[contact sheet] has no tiles, expected at least one");
  const int count = static_cast<int>(tiles.size());
  const cv::Rect corner = tile_area(options, count - 1), row_end = tile_area(options, std::min(options.columns, count) - 1);
  cv::Mat sheet(corner.br().y + caption_height(options) + kGap, row_end.br().x + kFrame + kGap, CV_8UC3, kPaper);
  const TextPainter title(12);
  title.draw(sheet, title.fitted(options.title, sheet.cols - 2 * kGap), {kGap, kTitle / 2 + 4});
  for (int i = 0; i < count; ++i) draw_tile(sheet, options, tile_area(options, i), tiles[static_cast<std::size_t>(i)]);
  return sheet;
}

}  // namespace fovea
