// What a network is made of.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "fovea/base/json.hpp"
#include "fovea/nn/module.hpp"

namespace fovea {

/// One operation of a forward pass of one image.
struct LayerReport {
  std::string name;       ///< of the layer whose parameters it uses ("layer1.0.conv1"), or "" for operations without any
  std::string operation;  ///< "conv2d"
  Shape output;
  std::int64_t parameters = 0;
  std::int64_t macs = 0;   ///< multiply-adds of convolutions, transposed or not, and linear layers
  std::int64_t bytes = 0;  ///< of the output
  /// Of an output element in the image: how many pixels it sees, and how far apart neighbours lie. 0 once the image's plane is gone.
  std::int64_t field_height = 0, field_width = 0, stride_height = 0, stride_width = 0;
};

struct NetworkReport {
  std::vector<LayerReport> layers;
  std::int64_t parameters = 0;
  std::int64_t macs = 0;
  std::int64_t parameter_bytes = 0;
  std::int64_t activation_bytes = 0;  ///< all outputs of one image together, as training keeps them

  Json to_json() const;
  /// A table for people.
  std::string to_text() const;
};

/// Runs one zero image [1,height,width,channels] through the network in evaluation mode and describes what happens.
/// Receptive fields: R = 1 + sum over layers of (product of earlier strides) * (dilated window - 1), where a transposed convolution divides
/// the product by its stride and sees floor(dilation * (window - 1) / stride) neighbours.
NetworkReport report_network(Layer& network, std::int64_t height, std::int64_t width, std::int64_t channels);

}  // namespace fovea
