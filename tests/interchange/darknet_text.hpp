// Small Darknet networks for tests.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "fovea/interchange/darknet_weights.hpp"

namespace fovea::test {

/// A YOLOv3-shaped network with one of nearly everything that the reader knows.
inline const std::string kSmallDarknet = R"([net]
# a remark
width = 16
height=16
channels=3
learning_rate=0.001
steps=400000,450000

[convolutional]
batch_normalize=1
filters=8
size=3
stride=2
pad=1
activation=leaky   # and one behind a value

[convolutional]
groups=8
filters=8
size=3
stride=1
pad=1
activation=mish

[shortcut]
from=-2
activation=linear

[maxpool]
size=5
stride=1

[route]
layers=-1, 2
groups=2
group_id=1

[dropout]
probability=.15

[upsample]
stride=2

; another remark
[convolutional]
filters=14
size=1
activation=linear

[yolo]
mask=0,1
anchors=4,6, 8,10.5, 12,14
classes=2
num=3
scale_x_y=1.05
jitter=.3
)";

/// Weights that count up from `first`, one half apart, behind a header of the given version.
inline std::string darknet_bytes(const std::vector<std::int32_t>& version, std::uint64_t seen, std::size_t count, float first = 0.5f) {
  std::string bytes(reinterpret_cast<const char*>(version.data()), version.size() * sizeof(std::int32_t));
  const bool is_wide = version[0] * 10 + version[1] >= 2 && version[0] < 1000 && version[1] < 1000;
  bytes.append(reinterpret_cast<const char*>(&seen), is_wide ? 8 : 4);
  for (std::size_t i = 0; i < count; ++i) {
    const float value = first + 0.5f * static_cast<float>(i);
    bytes.append(reinterpret_cast<const char*>(&value), sizeof value);
  }
  return bytes;
}

/// Numbers in the weights of kSmallDarknet: 8 x 4 + 8 x 27, 8 + 8 x 9, 14 + 14 x 8.
inline constexpr std::size_t kSmallDarknetWeights = 32 + 216 + 8 + 72 + 14 + 112;

inline DarknetWeights parse_weights(const std::string& bytes, const DarknetConfig& config) {
  return parse_darknet_weights({reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size()}, config, "file");
}

inline std::string written_weights(const DarknetWeights& weights, const DarknetConfig& config) {
  std::string bytes;
  write_darknet_weights(weights, config, [&](std::string_view part) { bytes += part; });
  return bytes;
}

}  // namespace fovea::test
