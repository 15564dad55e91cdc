#include "fovea/kernels/trace.hpp"

#include <fmt/format.h>

#include <cstdio>
#include <cstdlib>

namespace fovea::kernels {

TraceLevel parse_trace_level(std::string_view text) {
  if (text.empty() || text == "0") return TraceLevel::off;
  return text == "2" ? TraceLevel::operations : TraceLevel::kernels;
}

namespace {

TraceLevel level_of_environment() {
  const char* text = std::getenv("FOVEA_VERBOSE");
  return parse_trace_level(text == nullptr ? "" : text);
}

}  // namespace

const TraceLevel detail::trace_level = level_of_environment();

void Trace::print(const std::string& what, double operations) const {
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count();
  std::string line = fmt::format("fovea: {}: {:.3f} ms", what, seconds * 1e3);
  if (operations > 0) line += fmt::format(", {:.1f} GFLOP/s", operations / seconds * 1e-9);
  line += '\n';
  std::fwrite(line.data(), 1, line.size(), stderr);
}

const char* name_of(Conv2dPass pass) {
  switch (pass) {
    case Conv2dPass::forward:
      return "forward";
    case Conv2dPass::backward_data:
      return "backward_data";
    case Conv2dPass::backward_filter:
      return "backward_filter";
  }
  return "?";
}

std::string describe(const Conv2dShape& s, Conv2dPass pass, DType dtype, const char* kernel, const char* table) {
  std::string text = fmt::format("conv2d {} {} {} x[{},{},{},{}] filter[{},{},{},{}] y[{},{},{},{}] stride {}x{} padding {},{}",
                                 name_of(pass), kernel, fovea::name_of(dtype), s.n, s.h, s.w, s.c, s.k, s.r, s.s, s.c / s.groups, s.n, s.p,
                                 s.q, s.k, s.stride_h, s.stride_w, s.pad_top, s.pad_left);
  if (s.dilation_h != 1 || s.dilation_w != 1) text += fmt::format(" dilation {}x{}", s.dilation_h, s.dilation_w);
  if (s.groups != 1) text += fmt::format(" groups {}", s.groups);
  return text + fmt::format(" ({})", table);
}

std::string describe(const MatmulShape& s, DType dtype, const char* table) {
  const auto stored = [](std::int64_t rows, std::int64_t columns, bool transposed) {
    return transposed ? fmt::format("[{},{}]^T", columns, rows) : fmt::format("[{},{}]", rows, columns);
  };
  return fmt::format("matmul {} {} {} ({})", fovea::name_of(dtype), stored(s.m, s.k, s.transpose_a), stored(s.k, s.n, s.transpose_b),
                     table);
}

double operations_of(const Conv2dShape& s) {
  return 2.0 * static_cast<double>(s.n * s.p * s.q * s.k) * static_cast<double>(s.r * s.s * (s.c / s.groups));
}

double operations_of(const MatmulShape& s) { return 2.0 * static_cast<double>(s.m * s.n) * static_cast<double>(s.k); }

}  // namespace fovea::kernels
