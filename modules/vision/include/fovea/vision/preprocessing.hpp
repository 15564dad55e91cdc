// From an 8-bit BGR image of any size to the numbers that a network takes. Part of every model file.
#pragma once

#include <cstdint>
#include <memory>
#include <opencv2/core/mat.hpp>
#include <span>
#include <string_view>
#include <vector>

#include "fovea/base/json.hpp"
#include "fovea/tensor/tensor.hpp"
#include "fovea/vision/transform.hpp"

namespace fovea {

/// Size, colour and scale of a network's input. A value is (v / 255 - mean) / deviation, channels in the order red, green, blue.
struct Preprocessing {
  enum class ResizeMode { stretch, letterbox, center_crop };

  int width = 0;     ///< pixels
  int height = 0;    ///< pixels
  int channels = 3;  ///< 3: red, green, blue; 1: luma (cv::COLOR_BGR2GRAY)
  ResizeMode resize = ResizeMode::stretch;
  int pad_value = 114;            ///< grey level around a letterboxed image, 0 to 255
  std::vector<double> mean;       ///< per channel, for values in 0..1
  std::vector<double> deviation;  ///< per channel, for values in 0..1; not 0

  bool operator==(const Preprocessing&) const = default;

  /// Throws OptionError naming the first member outside what is allowed; `where` names the preprocessing in the message.
  void check(std::string_view where) const;

  /// The change of geometry for images of one size; its output is width x height.
  std::unique_ptr<Transform> geometry(cv::Size input) const;

  /// Writes the values of an image that has the network's size already: [height, width, channels].
  /// Takes 8-bit BGR or grey; grey stays grey for one channel and is replicated for three. `mirrored`: the last column first. Throws
  /// ShapeError for anything else.
  void fill(const cv::Mat& image, float* destination, bool mirrored = false) const;

  /// geometry() and fill() of every image: [N, height, width, channels], f32.
  Tensor batch(std::span<const cv::Mat> images) const;

  /// The picture behind entry `index` of a batch, as 8-bit BGR: the inverse of fill(), rounded and cut to 0..255.
  cv::Mat to_image(const Tensor& batch, std::int64_t index) const;

  /// {"width", "height", "channels", "resize", "pad_value", "mean", "deviation"}; pad_value may be missing when read.
  Json to_json() const;
  /// Strict. Throws OptionError naming `where` and the member.
  static Preprocessing from_json(const Json& json, std::string_view where);

 private:
  void fill_luma(const cv::Mat& image, bool mirrored, float* destination) const;
};

/// "stretch", "letterbox", "center_crop"
const char* name_of(Preprocessing::ResizeMode mode);
/// Throws OptionError listing the known names.
Preprocessing::ResizeMode resize_mode_from(std::string_view name);

}  // namespace fovea
