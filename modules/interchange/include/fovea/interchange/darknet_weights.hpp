// Darknet's weights (.weights): numbers without names, in the order of the description's layers.
//
//     3 x i32      major, minor, revision of the format
//     i32 or u64   images seen in training; 64 bits from format 0.2 on
//     f32 ...      convolutional: bias, with a norm scales, mean and variance, filters [K,C/groups,R,S]
//                  connected: bias, matrix [out,in] ([in,out] where major or minor is above 1000), with a norm scales, mean and variance
//
// Little-endian. With a norm `bias` is added behind it, and nothing before it.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "fovea/interchange/darknet_config.hpp"
#include "fovea/tensor/tensor.hpp"

namespace fovea {

/// Of one layer; a tensor that it does not have is undefined. Layers without parameters have none.
struct DarknetLayerWeights {
  Tensor bias;                    ///< [K]
  Tensor scales, mean, variance;  ///< [K], of a norm
  Tensor weights;                 ///< convolutional [K,C/groups,R,S], connected [out,in], as the tensors of a model file
};

struct DarknetWeights {
  std::int32_t major = 0, minor = 2, revision = 5;
  std::uint64_t seen = 0;                   ///< images
  std::vector<DarknetLayerWeights> layers;  ///< one for each of the description's
};

/// Reads the weights of a network. Nothing is allocated before the length of the file is known to be right. Throws FileError when it is
/// too short, naming the layer where it ends, or too long.
DarknetWeights read_darknet_weights(const std::filesystem::path& path, const DarknetConfig& config);
/// The same for bytes in memory; `where` names them in errors.
DarknetWeights parse_darknet_weights(std::span<const std::uint8_t> bytes, const DarknetConfig& config, const std::string& where);

/// Replaces `path` as a whole; what was read is written with the same bytes. Throws OptionError when the tensors are not those of the
/// description or `seen` does not fit the format, and FileError when the file cannot be written.
void write_darknet_weights(const std::filesystem::path& path, const DarknetWeights& weights, const DarknetConfig& config);
/// The same bytes, handed to `sink` piece by piece.
void write_darknet_weights(const DarknetWeights& weights, const DarknetConfig& config,
                           const std::function<void(std::string_view bytes)>& sink);

}  // namespace fovea
