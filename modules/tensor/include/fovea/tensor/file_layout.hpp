// How a parameter is stored in files, where other frameworks expect channels first.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "fovea/tensor/tensor.hpp"

namespace fovea {

/// What the conversion between memory (channels last) and files (channels first) has to know of a parameter.
struct FileLayout {
  enum class Kind : std::uint8_t {
    plain,                  ///< the same in memory and in files
    conv_filter,            ///< memory [K,R,S,C], file [K,C,R,S] (OIHW)
    conv_transpose_filter,  ///< memory [C,R,S,K], file [C,K,R,S] (IOHW): the input channels come first in both
    linear_after_flatten,   ///< memory [out, H*W*C], file [out, C*H*W]: the columns are permuted
  };
  Kind kind = Kind::plain;
  std::int64_t height = 0, width = 0, channels = 0;  ///< of the flattened image, for linear_after_flatten

  bool operator==(const FileLayout&) const = default;
};

/// One named tensor of a model. Names follow torchvision ("layer1.0.conv1.weight").
struct StateEntry {
  std::string name;
  Tensor tensor;
  FileLayout layout;
};

/// Parameters and buffers of a model in registration order. The tensors share the model's memory.
using StateDict = std::vector<StateEntry>;

/// The shape that a tensor of shape `memory` has in a file.
Shape file_shape(const Shape& memory, const FileLayout& layout);
/// A copy of `tensor` in the file's order, and back. `from_file` throws ShapeError when the shape does not fit the layout.
Tensor to_file(const Tensor& tensor, const FileLayout& layout);
Tensor from_file(const Tensor& tensor, const FileLayout& layout);

}  // namespace fovea
