// Large images in overlapping tiles, and what is found in the tiles put together again.
#pragma once

#include <opencv2/core/types.hpp>
#include <span>
#include <vector>

#include "fovea/detection/suppression.hpp"

namespace fovea {

struct TileOptions {
  cv::Size size;         ///< pixels of the image; 0x0: images are not cut
  double overlap = 0.2;  ///< part of a tile's side that the next one covers, too: 0 to 0.9

  bool operator==(const TileOptions&) const = default;
};

/// Throws OptionError naming what is out of range.
void check(const TileOptions& options);

/// Tiles that cover the image, row by row. Along an axis on which the image is longer than a tile they begin round(size * (1 - overlap))
/// pixels apart, and the last is shifted inwards until it ends with the image: all have the wanted side, nothing is padded. Along any other
/// axis there is one, as long as the image. Throws OptionError as check() does, and for an image without pixels.
std::vector<cv::Rect> tiles_of(cv::Size image, const TileOptions& options);

/// found[i] is what was found in tiles[i], in pixels of the image. A box is a piece when it ends within 2 % of the tile's side from a
/// border of its tile that is none of the image. Two boxes are compared when they come from different tiles, are of one class (unless
/// `suppression` compares all) and neither is less than half as sure as the other:
///  1. A piece of which a box that is none covers more than half is left out: what another tile sees whole is no piece.
///  2. Pieces whose parts inside what both tiles see have IoU > 0.5 become one box: the hull of both, with the larger score. Those that
///     agree most come first; no box joins two pieces of one tile.
///  3. What is left is suppressed as if it came from one image.
/// An object that is longer than the overlap and cut by a border is so put together from its pieces; without overlap nothing can be.
/// Throws ShapeError when the lists differ in length, OptionError for soft kinds of suppression, which would lower a score once in its tile
/// and once more here.
Detections merge_tiles(std::span<const Detections> found, std::span<const cv::Rect> tiles, cv::Size image,
                       const SuppressionOptions& suppression = {});

}  // namespace fovea
