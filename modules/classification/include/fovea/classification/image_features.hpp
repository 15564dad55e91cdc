// What a classical classifier sees of an image: a vector of numbers that somebody designed, or that clustering found.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "fovea/nn/module.hpp"
#include "fovea/vision/color_histogram.hpp"
#include "fovea/vision/hog.hpp"

namespace fovea {

/// Patches of the training images are clustered; an image is described by how near its patches come to the clusters' centres.
/// Csurka et al. 2004 with the patches, whitening and "triangle" encoding of Coates, Ng and Lee 2011, sections 3 and 4.
struct BagOfWordsOptions {
  std::int64_t words = 200;               ///< clusters
  std::int64_t patch = 6;                 ///< pixels on a side
  std::int64_t stride = 2;                ///< pixels between patches of an image that is described
  std::int64_t grid = 2;                  ///< an image's patches are summed in grid x grid regions
  std::int64_t training_patches = 20000;  ///< drawn from random images and places
};

struct ImageFeaturesOptions {
  enum class Kind : std::uint8_t { pixels, color_histogram, hog, bag_of_words };
  Kind kind = Kind::pixels;
  ColorHistogramOptions color;
  HogOptions hog;
  BagOfWordsOptions words;
};
/// "pixels", "color-histogram", "hog", "bag-of-words"
const char* name_of(ImageFeaturesOptions::Kind kind);
/// Throws OptionError listing the known names.
ImageFeaturesOptions::Kind image_features_from(const std::string& name);

struct ImageShape {
  std::int64_t height, width, channels;
};

/// A function from images to vectors. What it learns, it keeps in buffers.
class ImageFeatures : public Module {
 public:
  /// Values per image.
  virtual std::int64_t width() const = 0;
  /// Images [N,H,W,C] f32, grey or RGB in [0, 1], to [N, width()] f32. An image's vector does not depend on the others.
  virtual Tensor extract(const Tensor& images) const = 0;
  /// Learns from a sample of training images [N,H,W,C], where there is something to learn.
  virtual void fit(const Tensor& /*images*/, std::uint64_t /*seed*/) {}
};

/// Throws OptionError when a setting does not fit the images.
std::unique_ptr<ImageFeatures> make_image_features(const ImageFeaturesOptions& options, const ImageShape& shape);

}  // namespace fovea
