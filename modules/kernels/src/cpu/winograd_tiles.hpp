// Images as tiles of 4x4 results, and their 6x6 pixels transformed.
#pragma once

#include "cpu/image_view.hpp"
#include "cpu/vector_loops.hpp"
#include "cpu/winograd_transforms.hpp"

namespace fovea::kernels::FOVEA_ISA_NAMESPACE {

inline constexpr std::int64_t kTileResults = 4, kTileEdge = 6, kTilePoints = kTileEdge * kTileEdge;

/// The tiles of a batch, numbered image by image, row by row.
struct TileGrid {
  TileGrid(std::int64_t images, std::int64_t height, std::int64_t width)
      : rows(ceil_div(height, kTileResults)), columns(ceil_div(width, kTileResults)), count(images * rows * columns) {}

  struct Place {
    std::int64_t image, row, column;  ///< row and column of the tile's first result
  };
  Place place(std::int64_t tile) const {
    const std::int64_t in_image = tile % (rows * columns);
    return {tile / (rows * columns), in_image / columns * kTileResults, in_image % columns * kTileResults};
  }

  std::int64_t rows, columns, count;
};

/// The cells [first, first + edge) of an axis that lie in [0, extent), counted from `first`.
constexpr Range cells_inside(std::int64_t first, std::int64_t edge, std::int64_t extent) {
  const std::int64_t begin = clamped(-first, 0, edge);
  return {begin, clamped(extent - first, begin, edge)};
}

/// The transformed matrices of a run of tiles: [36][capacity][pitch].
struct TransformedTiles {
  float* data;
  std::int64_t capacity, pitch;

  std::int64_t point_stride() const { return capacity * pitch; }
};

/// Room for a row of `channels` floats, so that all its vectors are whole.
constexpr std::int64_t tile_pitch(std::int64_t channels) { return round_up(channels, 16); }

/// Tiles [tiles.begin, tiles.end) into the rows [first, ...) of `out`; pixels outside the images are zero (winograd.cpp).
void transform_images(const ImageView<float>& x, const TileGrid& grid, std::int64_t channels, std::int64_t pad_top, std::int64_t pad_left,
                      Range tiles, const TransformedTiles& out, std::int64_t first);

}  // namespace fovea::kernels::FOVEA_ISA_NAMESPACE
