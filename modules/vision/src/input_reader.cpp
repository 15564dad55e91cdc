#include "fovea/vision/input_reader.hpp"

#include <fmt/format.h>

#include "fovea/base/error.hpp"

namespace fovea {

InputReader::InputReader(const Preprocessing& preprocessing, const Options& options) : preprocessing_(preprocessing), options_(options) {
  preprocessing_.check("preprocessing");
}

void InputReader::read(const EncodedImage& image, const Transform& transform, float* destination) {
  if (transform.input_size() != image.size())
    throw ShapeError(fmt::format("[input reader] the transform is for images of {}x{}, found {}x{}", transform.input_size().width,
                                 transform.input_size().height, image.size().width, image.size().height));
  const SplitTransform steps = split(transform);
  const ImagePart part = image.part(steps.first.area, options_.reduced_decoding ? reduction_for(steps.first) : 1, decoder_);
  if (steps.rest.empty() && preprocessing_.channels == 3) return fill_resized(part, steps.first, preprocessing_, destination);
  cv::Mat pixels = resized_pixels(part, steps.first);
  for (const Transform* step : steps.rest) pixels = step->apply(pixels);
  preprocessing_.fill(pixels, destination);
}

}  // namespace fovea
