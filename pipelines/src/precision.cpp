#include "fovea/pipelines/precision.hpp"

#include <fmt/format.h>

#include "fovea/base/error.hpp"

namespace fovea {

DType parse_precision(const std::string& text) {
  for (const DType dtype : {DType::f32, DType::bf16})
    if (text == name_of(dtype)) return dtype;
  throw OptionError(fmt::format("the precision is f32 or bf16, found \"{}\"", text));
}

}  // namespace fovea
