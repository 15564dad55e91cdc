// Many pictures on one page.
#pragma once

#include <opencv2/core/mat.hpp>
#include <opencv2/core/types.hpp>
#include <span>
#include <string>

namespace fovea {

/// One picture of a contact sheet.
struct Tile {
  cv::Mat image;                        ///< 8-bit BGR or grey, any size
  std::string caption;                  ///< ended by ".." where it is too long
  cv::Scalar colour = {130, 130, 130};  ///< BGR, of the frame and the caption's ground
};

struct ContactSheetOptions {
  int columns = 8;
  int tile_side = 140;  ///< pixels of the square that a picture is fitted in; at least 32
  std::string title;    ///< above the tiles; none when empty
};

/// The place of a tile's picture on the sheet (a square of tile_side). The first row comes first.
cv::Rect tile_area(const ContactSheetOptions& options, int index);

/// The pictures in rows, each fitted in a square with its proportions kept (enlarged ones with nearest neighbour by a whole factor, so that
/// 28x28 stays crisp), framed in its colour, the caption below.
/// Throws OptionError for options out of range or no tiles, ShapeError for images that are not 8-bit BGR or grey.
cv::Mat draw_contact_sheet(const ContactSheetOptions& options, std::span<const Tile> tiles);

}  // namespace fovea
