// Small Darknet networks with random weights, and OpenCV's view of them.
#pragma once

#include <opencv2/dnn.hpp>
#include <string>
#include <vector>

#include "fovea/base/random.hpp"
#include "fovea/interchange/darknet_weights.hpp"
#include "fovea/interchange/model_file.hpp"
#include "fovea/pipelines/darknet_network.hpp"
#include "support/values.hpp"

namespace fovea::test {

/// A network with weights that keep activations of order 1, as files and as fovea's.
struct RandomDarknet {
  DarknetConfig config;
  DarknetWeights weights;

  explicit RandomDarknet(const std::string& text) : config(parse_darknet_config(text, "net.cfg")) {
    DarknetNetwork network(config);
    weights = darknet_weights(config, network.state_dict());
    std::uint64_t seed = 1;
    for (DarknetLayerWeights& layer : weights.layers)
      for (Tensor* tensor : {&layer.bias, &layer.scales, &layer.mean, &layer.variance, &layer.weights}) {
        if (!tensor->defined()) continue;
        const double fan = tensor->rank() > 1 ? static_cast<double>(tensor->numel() / tensor->extent(0)) : 1;
        const bool is_positive = tensor == &layer.variance || tensor == &layer.scales;
        for (std::int64_t i = 0; const float value : random_values<float>(tensor->numel(), ++seed))
          tensor->mutable_data<float>()[i++] = is_positive ? 0.75F + 0.5F * value : value * static_cast<float>(std::sqrt(3 / fan));
      }
  }

  std::unique_ptr<DarknetNetwork> network() const {
    auto result = std::make_unique<DarknetNetwork>(config);
    load_state(darknet_state(config, weights), result->state_dict(), "weights");
    return result;
  }

  cv::dnn::Net opencv() const {
    const std::string text = to_text(config);
    std::vector<std::uint8_t> bytes;
    write_darknet_weights(weights, config, [&](std::string_view part) { bytes.insert(bytes.end(), part.begin(), part.end()); });
    return cv::dnn::readNetFromDarknet(std::vector<std::uint8_t>(text.begin(), text.end()), bytes);
  }
};

/// [N,H,W,C] in 0..1.
inline Tensor random_images(const Shape& shape, std::uint64_t seed) {
  Tensor images = Tensor::empty(shape);
  for (std::int64_t i = 0; const float value : random_values<float>(shape.numel(), seed))
    images.mutable_data<float>()[i++] = 0.5F + 0.5F * value;
  return images;
}

/// Channels first, for OpenCV.
inline cv::Mat to_blob(const Tensor& images) {
  const auto n = static_cast<int>(images.extent(0)), h = static_cast<int>(images.extent(1)), w = static_cast<int>(images.extent(2)),
             c = static_cast<int>(images.extent(3));
  cv::Mat blob(std::vector<int>{n, c, h, w}, CV_32F);
  for (int i = 0; i < n; ++i)
    for (int y = 0; y < h; ++y)
      for (int x = 0; x < w; ++x)
        for (int k = 0; k < c; ++k)
          blob.at<float>(std::vector<int>{i, k, y, x}.data()) = images.data<float>()[((i * h + y) * w + x) * c + k];
  return blob;
}

}  // namespace fovea::test
