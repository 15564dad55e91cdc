// Darknet's network descriptions (.cfg): read into plain structs, written back.
//
//     [net]                      sections in brackets, one layer each behind the first
//     width=320                  keys and values; blanks mean nothing
//     # remark                   to the end of the line, as ';' at its beginning
//
// Keys that change what a trained network computes are members below, under their names in the file. Keys of training (learning_rate,
// jitter, ...) are known by name and kept as they are, so that a description survives the way there and back. All others are errors.
// Source: the formats of Darknet (Redmon 2013-2018) and of its continuation for YOLOv4 (Bochkovskiy et al. 2020).
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace fovea {

enum class DarknetActivation : std::uint8_t { linear, leaky, relu, mish, logistic, swish };  ///< leaky has the slope 0.1

/// "linear", "leaky", ...
const char* name_of(DarknetActivation activation);

/// A key that is kept without being understood.
struct DarknetEntry {
  std::string key, value;
  bool operator==(const DarknetEntry&) const = default;
};

/// [net]: the size of the input image.
struct DarknetNet {
  std::int64_t height = 0, width = 0, channels = 3;
  bool operator==(const DarknetNet&) const = default;
};

/// [convolutional]: correlation, then the norm or the bias, then the activation.
struct DarknetConvolutional {
  bool batch_normalize = false;
  std::int64_t filters = 1, size = 1, stride = 1;
  std::int64_t stride_x = 0, stride_y = 0;  ///< 0: stride
  bool pad = false;                         ///< padding of size / 2, whatever `padding` says
  std::int64_t padding = 0;
  std::int64_t dilation = 1, groups = 1;
  DarknetActivation activation = DarknetActivation::logistic;

  std::int64_t step_x() const { return stride_x > 0 ? stride_x : stride; }
  std::int64_t step_y() const { return stride_y > 0 ? stride_y : stride; }
  /// Cells on every side of the image.
  std::int64_t border() const { return (pad ? size / 2 : padding) * dilation; }
  bool operator==(const DarknetConvolutional&) const = default;
};

/// [connected]: a linear layer over the flattened image, channels first.
struct DarknetConnected {
  bool batch_normalize = false;
  std::int64_t output = 1;
  DarknetActivation activation = DarknetActivation::logistic;
  bool operator==(const DarknetConnected&) const = default;
};

/// [shortcut]: the layer before plus others of equal shape. Layers are numbered from 0 behind [net]; negative numbers count back from here.
struct DarknetShortcut {
  std::vector<std::int64_t> from;
  DarknetActivation activation = DarknetActivation::linear;
  bool operator==(const DarknetShortcut&) const = default;
};

/// [route]: channels of other layers side by side; of `groups` equal parts of each only the one numbered `group_id`.
struct DarknetRoute {
  std::vector<std::int64_t> layers;
  std::int64_t groups = 1, group_id = 0;
  bool operator==(const DarknetRoute&) const = default;
};

/// [upsample]: every pixel `stride` x `stride` times, multiplied by `scale`.
struct DarknetUpsample {
  std::int64_t stride = 2;
  double scale = 1;
  bool operator==(const DarknetUpsample&) const = default;
};

/// [maxpool]: `padding` is the sum of both sides, padding / 2 (rounded down) of it in front; without a value it is size - 1.
struct DarknetMaxpool {
  std::int64_t size = 1, stride = 1;
  std::int64_t stride_x = 0, stride_y = 0;  ///< 0: stride
  std::int64_t padding = 0;

  std::int64_t step_x() const { return stride_x > 0 ? stride_x : stride; }
  std::int64_t step_y() const { return stride_y > 0 ? stride_y : stride; }
  bool operator==(const DarknetMaxpool&) const = default;
};

/// [avgpool]: the mean over the image.
struct DarknetAvgpool {
  bool operator==(const DarknetAvgpool&) const = default;
};

/// [dropout]: nothing, once trained.
struct DarknetDropout {
  double probability = 0.5;
  bool operator==(const DarknetDropout&) const = default;
};

/// [softmax]: over each of `groups` equal parts of the flattened input, divided by `temperature` first.
struct DarknetSoftmax {
  std::int64_t groups = 1;
  double temperature = 1;
  bool operator==(const DarknetSoftmax&) const = default;
};

/// [reorg]: stride x stride pixels become channels, in the order that YOLOv2's trained weights expect (DarknetReorg in docs/darknet.md).
struct DarknetReorg {
  std::int64_t stride = 1;
  bool operator==(const DarknetReorg&) const = default;
};

/// [yolo] (YOLOv3 and later): mask.size() anchors in every cell, each 4 + 1 + classes channels.
struct DarknetYolo {
  std::vector<std::int64_t> mask;  ///< which of the `num` anchors; empty: all
  std::vector<double> anchors;     ///< width and height by turns, in pixels of the network's input
  std::int64_t classes = 20, num = 1;
  double scale_x_y = 1;     ///< widens the range of the centre in its cell (Bochkovskiy et al. 2020, section 3.4)
  bool new_coords = false;  ///< the layer before has applied the logistic function already; sizes are (2 v)^2 anchors
  bool operator==(const DarknetYolo&) const = default;
};

/// [region] (YOLOv2): `num` anchors in every cell, each coords + 1 + classes channels.
struct DarknetRegion {
  std::vector<double> anchors;  ///< width and height by turns, in cells
  std::int64_t classes = 20, num = 1, coords = 4;
  bool softmax = false;  ///< over the classes; otherwise the logistic function of each
  bool operator==(const DarknetRegion&) const = default;
};

/// [detection] (YOLOv1): side x side cells; a vector of all cells' classes, then the confidences of their `num` boxes, then those boxes.
struct DarknetDetection {
  std::int64_t classes = 1, coords = 4, num = 1, side = 7;
  bool softmax = false;  ///< over the classes of a cell
  bool sqrt = false;     ///< the network gives the roots of width and height
  bool operator==(const DarknetDetection&) const = default;
};

using DarknetOperation =
    std::variant<DarknetConvolutional, DarknetConnected, DarknetShortcut, DarknetRoute, DarknetUpsample, DarknetMaxpool, DarknetAvgpool,
                 DarknetDropout, DarknetSoftmax, DarknetReorg, DarknetYolo, DarknetRegion, DarknetDetection>;

/// The name of the section without its brackets: "convolutional".
const char* name_of(const DarknetOperation& operation);

struct DarknetLayer {
  DarknetOperation operation;
  std::vector<DarknetEntry> training;  ///< keys that say nothing of the trained network, in the order of the file
  int line = 0;                        ///< of the section's name in the file

  bool operator==(const DarknetLayer& other) const { return operation == other.operation && training == other.training; }
};

struct DarknetConfig {
  DarknetNet net;
  std::vector<DarknetEntry> training;  ///< of [net]
  std::vector<DarknetLayer> layers;
  bool operator==(const DarknetConfig&) const = default;
};

/// What a layer gives for one image.
struct DarknetShape {
  std::int64_t height = 0, width = 0, channels = 0;
  std::int64_t size() const { return height * width * channels; }
  bool operator==(const DarknetShape&) const = default;
};

/// Reads a description and checks that its layers fit each other. Throws FileError "<file>: line 12: [convolutional] ..." naming the key,
/// what was expected and what was found; of an unknown key or section the nearest known one.
DarknetConfig read_darknet_config(const std::filesystem::path& path);
/// The same for a text; `where` names it in errors.
DarknetConfig parse_darknet_config(std::string_view text, const std::string& where);

/// The description as a text that reads back equal.
std::string to_text(const DarknetConfig& config);
/// Replaces `path` as a whole.
void write_darknet_config(const std::filesystem::path& path, const DarknetConfig& config);

/// The number of the layer that `index`, an entry of `from` or `layers` in layer number `layer`, means.
inline std::int64_t darknet_layer_index(std::int64_t index, std::int64_t layer) { return index < 0 ? layer + index : index; }

/// What each layer gives. Throws FileError as the reader when layers do not fit each other or are beyond what a machine holds.
std::vector<DarknetShape> darknet_shapes(const DarknetConfig& config, const std::string& where);

/// What goes into layer number `layer`: what the one before gives, or the image.
inline DarknetShape darknet_input(const DarknetConfig& config, const std::vector<DarknetShape>& shapes, std::size_t layer) {
  return layer > 0 ? shapes[layer - 1] : DarknetShape{config.net.height, config.net.width, config.net.channels};
}

}  // namespace fovea
