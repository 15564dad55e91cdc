// What ran, on what shape, how fast: lines on stderr for those who set FOVEA_VERBOSE.
#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "fovea/base/dtype.hpp"
#include "fovea/kernels/conv2d.hpp"
#include "fovea/kernels/matmul.hpp"

namespace fovea::kernels {

/// What FOVEA_VERBOSE asks for: nothing (unset, empty or 0), a line for every convolution and matrix product (1, or any other text), and
/// one for every operation too (2).
enum class TraceLevel { off, kernels, operations };
TraceLevel parse_trace_level(std::string_view text);

namespace detail {
extern const TraceLevel trace_level;  // of this process, read once at its start
}

/// Times the scope from its construction, if the process is traced at `level` or above; else one branch.
///     const Trace trace(TraceLevel::kernels);
///     conv.forward(...);
///     if (trace) trace.print(describe(shape, ...));
class Trace {
 public:
  explicit Trace(TraceLevel level) : on_(detail::trace_level >= level) {
    if (on_) start_ = std::chrono::steady_clock::now();
  }
  explicit operator bool() const { return on_; }
  /// "fovea: <what>: 1.234 ms", and with `operations` > 0 ", 345.6 GFLOP/s". One write per line: threads do not mix.
  void print(const std::string& what, double operations = 0) const;

 private:
  bool on_;
  std::chrono::steady_clock::time_point start_;
};

/// "conv2d backward_data direct f32 x[32,56,56,64] filter[64,3,3,64] y[32,56,56,64] stride 1x1 padding 1,1 (cpu/avx512)"; dilation and
/// groups are told when they are not 1. `table` and `kernel`: the names of the table and, in it, of the implementation.
std::string describe(const Conv2dShape& shape, Conv2dPass pass, DType dtype, const char* kernel, const char* table);
/// "matmul f32 [64,100]^T [100,10] (cpu/avx512)"
std::string describe(const MatmulShape& shape, DType dtype, const char* table);

/// Floating-point operations: two per product of the formula, those with padding included.
double operations_of(const Conv2dShape& shape);
double operations_of(const MatmulShape& shape);

/// "forward", "backward_data", "backward_filter"
const char* name_of(Conv2dPass pass);

}  // namespace fovea::kernels
