// From a run-time element type to a template argument.
#pragma once

#include <string>
#include <utility>

#include "fovea/base/dtype.hpp"
#include "fovea/base/error.hpp"

namespace fovea {

/// Calls body.template operator()<T>() with T = float or double. Throws ShapeError naming `operation` for other types.
///     dispatch_floating(x.dtype(), "relu", [&]<class T>() { ... x.data<T>() ... });
template <class Body>
decltype(auto) dispatch_floating(DType dtype, const char* operation, Body&& body) {
  switch (dtype) {
    case DType::f32:
      return std::forward<Body>(body).template operator()<float>();
    case DType::f64:
      return std::forward<Body>(body).template operator()<double>();
    default:
      throw ShapeError(std::string("[") + operation + "] wants f32 or f64, found " + name_of(dtype));
  }
}

/// The same for what activations are made of: float, double or bf16.
template <class Body>
decltype(auto) dispatch_activation(DType dtype, const char* operation, Body&& body) {
  switch (dtype) {
    case DType::f32:
      return std::forward<Body>(body).template operator()<float>();
    case DType::f64:
      return std::forward<Body>(body).template operator()<double>();
    case DType::bf16:
      return std::forward<Body>(body).template operator()<bf16>();
    default:
      throw ShapeError(std::string("[") + operation + "] wants f32, f64 or bf16, found " + name_of(dtype));
  }
}

/// The same for every element type.
template <class Body>
decltype(auto) dispatch_any(DType dtype, Body&& body) {
  switch (dtype) {
    case DType::f32:
      return std::forward<Body>(body).template operator()<float>();
    case DType::f64:
      return std::forward<Body>(body).template operator()<double>();
    case DType::bf16:
      return std::forward<Body>(body).template operator()<bf16>();
    case DType::u8:
      return std::forward<Body>(body).template operator()<std::uint8_t>();
    case DType::i32:
      return std::forward<Body>(body).template operator()<std::int32_t>();
    case DType::i64:
      return std::forward<Body>(body).template operator()<std::int64_t>();
  }
  throw ShapeError("unknown element type");
}

}  // namespace fovea
