// From the file of a picture to the numbers that a network takes.
#pragma once

#include "fovea/vision/resized_part.hpp"

namespace fovea {

/// Decodes what a transform needs of each picture, and no more. Keeps its memory from picture to picture; for one thread at a time.
class InputReader {
 public:
  struct Options {
    /// Decodes large JPEGs at 1/2, 1/4 or 1/8 of their size where the transform shrinks by at least that much: geometry stays exact, pixels
    /// differ a little (docs/input_pipeline.md). Without, they are those of a full decode, to the bit.
    bool reduced_decoding = false;
  };

  explicit InputReader(const Preprocessing& preprocessing) : InputReader(preprocessing, Options{}) {}
  InputReader(const Preprocessing& preprocessing, const Options& options);

  /// Writes what preprocessing.fill() makes of transform.apply(image): [height, width, channels]. `transform` is for images of image.size()
  /// and gives the network's size. Throws FileError when the picture cannot be decoded, ShapeError when the transform does not fit.
  void read(const EncodedImage& image, const Transform& transform, float* destination);

 private:
  Preprocessing preprocessing_;
  Options options_;
  JpegDecoder decoder_;
};

}  // namespace fovea
