#include "fovea/classification/image_features.hpp"

#include <opencv2/core.hpp>
#include <span>
#include <vector>

#include "bag_of_words.hpp"
#include "fovea/base/error.hpp"
#include "fovea/base/parallel.hpp"
#include "fovea/base/text.hpp"
#include "fovea/kernels/context.hpp"

namespace fovea {

namespace {

using Kind = ImageFeaturesOptions::Kind;
constexpr Kind kKinds[] = {Kind::pixels, Kind::color_histogram, Kind::hog, Kind::bag_of_words};

class Pixels final : public ImageFeatures {
 public:
  explicit Pixels(const ImageShape& shape) : width_(shape.height * shape.width * shape.channels) {}
  std::int64_t width() const override { return width_; }
  Tensor extract(const Tensor& images) const override { return images.reshape({images.extent(0), width_}); }

 private:
  std::int64_t width_;
};

/// Features of one image after the other, on all threads.
class PerImage : public ImageFeatures {
 public:
  Tensor extract(const Tensor& images) const final {
    const std::int64_t count = images.extent(0), pixels = images.extent(1) * images.extent(2) * images.extent(3);
    const int rows = static_cast<int>(images.extent(1)), columns = static_cast<int>(images.extent(2)),
              type = CV_32FC(static_cast<int>(images.extent(3)));
    Tensor features = Tensor::empty({count, width()});
    float* const out = features.mutable_data<float>();
    const auto size = static_cast<std::size_t>(width());
    parallel_for(kernels::Context::current().threads(), count, 1, [&](std::int64_t i, std::int64_t) {
      const cv::Mat image(rows, columns, type, const_cast<float*>(images.data<float>() + i * pixels));  // only read
      describe(image, {out + i * width(), size});
    });
    return features;
  }

 private:
  virtual void describe(const cv::Mat& image, std::span<float> features) const = 0;
};

class ColorHistogram final : public PerImage {
 public:
  ColorHistogram(const ColorHistogramOptions& options, const ImageShape& shape)
      : options_(options), width_(color_histogram_size(static_cast<int>(shape.channels), options)) {}
  std::int64_t width() const override { return width_; }

 private:
  void describe(const cv::Mat& image, std::span<float> features) const override { color_histogram(image, options_, features); }

  ColorHistogramOptions options_;
  std::int64_t width_;
};

class Hog final : public PerImage {
 public:
  Hog(const HogOptions& options, const ImageShape& shape)
      : options_(options), width_(hog_size(static_cast<int>(shape.height), static_cast<int>(shape.width), options).count()) {}
  std::int64_t width() const override { return width_; }

 private:
  void describe(const cv::Mat& image, std::span<float> features) const override { hog(image, options_, features); }

  HogOptions options_;
  std::int64_t width_;
};

}  // namespace

const char* name_of(Kind kind) {
  switch (kind) {
    case Kind::pixels:
      return "pixels";
    case Kind::color_histogram:
      return "color-histogram";
    case Kind::hog:
      return "hog";
    case Kind::bag_of_words:
      return "bag-of-words";
  }
  return "";
}

Kind image_features_from(const std::string& name) {
  std::vector<std::string> known;
  for (const Kind kind : kKinds) {
    if (name == name_of(kind)) return kind;
    known.emplace_back(name_of(kind));
  }
  throw OptionError(unknown_name_message("features", name, known));
}

std::unique_ptr<ImageFeatures> make_image_features(const ImageFeaturesOptions& options, const ImageShape& shape) {
  switch (options.kind) {
    case Kind::pixels:
      return std::make_unique<Pixels>(shape);
    case Kind::color_histogram:
      return std::make_unique<ColorHistogram>(options.color, shape);
    case Kind::hog:
      return std::make_unique<Hog>(options.hog, shape);
    case Kind::bag_of_words:
      return std::make_unique<BagOfWords>(options.words, shape);
  }
  return nullptr;
}

}  // namespace fovea
