// Histograms of oriented gradients: what an object's outline looks like, in cells of a few pixels.
#pragma once

#include <cstdint>
#include <opencv2/core/mat.hpp>
#include <span>

namespace fovea {

struct HogOptions {
  enum class Form : std::uint8_t {
    /// Nine undirected orientations in cells, blocks of 2x2 cells normalised together with L2-Hys (clipped at 0.2 and normalised again):
    /// (rows - 1) (columns - 1) 36 values. Dalal and Triggs 2005, section 6.
    dalal_triggs,
    /// 18 directed and 9 undirected orientations and 4 texture energies per cell, normalised by the four blocks around it:
    /// rows columns 31 values. Felzenszwalb et al. 2010, section 6.2, with the cells at the border kept (their missing
    /// neighbours are the border cells again).
    felzenszwalb,
  };
  Form form = Form::felzenszwalb;
  int cell = 8;  ///< pixels on a side
};

/// Values of a descriptor: {rows, columns, depth} in memory order. Cells that do not fit entirely into the image are left out.
struct HogSize {
  std::int64_t rows, columns, depth;
  std::int64_t count() const { return rows * columns * depth; }
};

/// Throws OptionError when the image is smaller than one cell (felzenszwalb) or 2x2 cells (dalal_triggs), or a cell is smaller than 2
/// pixels.
HogSize hog_size(int height, int width, const HogOptions& options = {});

/// The descriptor of an image with 1 or 3 channels in any order, of 8-bit or f32 values (their scale cancels, up to the 1e-4 of a
/// value range of 1 that the norms are bounded by). At a colour pixel the channel with the steepest gradient counts. Gradients are
/// differences of the two neighbours (at the border, of the pixel and its neighbour); a pixel's magnitude goes to
/// the four nearest cells, and with dalal_triggs to the two nearest orientations, by bilinear shares.
/// `descriptor` holds hog_size().count() values. Throws ShapeError for other images or sizes.
void hog(const cv::Mat& image, const HogOptions& options, std::span<float> descriptor);

}  // namespace fovea
