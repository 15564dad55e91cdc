#include "fovea/base/cpu_features.hpp"

#include <fmt/format.h>

#include <array>
#include <cstdlib>
#include <fstream>

#include "fovea/base/error.hpp"

namespace fovea {

namespace {

constexpr std::array kAllIsas{Isa::portable, Isa::avx2, Isa::avx512, Isa::avx512_bf16};

std::string supported_names() {
  std::string names;
  for (const Isa isa : supported_isas()) names += (names.empty() ? "" : ", ") + std::string(name_of(isa));
  return names;
}

bool multiplies_bf16_fast() {
#if defined(__x86_64__)
  return __builtin_cpu_is("amd");
#else
  return false;
#endif
}

}  // namespace

const char* name_of(Isa isa) {
  switch (isa) {
    case Isa::portable:
      return "portable";
    case Isa::avx2:
      return "avx2";
    case Isa::avx512:
      return "avx512";
    case Isa::avx512_bf16:
      return "avx512_bf16";
  }
  return "?";
}

bool is_supported(Isa isa) {
  if (isa == Isa::portable) return true;
#if defined(__x86_64__)  // the builtin also asks the operating system whether it saves the wide registers
  if (isa == Isa::avx2) return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
  if (isa == Isa::avx512)
    return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512dq") &&
           __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("fma");
  if (isa == Isa::avx512_bf16) return is_supported(Isa::avx512) && __builtin_cpu_supports("avx512bf16");
#endif
  return false;
}

std::vector<Isa> supported_isas() {
  std::vector<Isa> isas;
  for (const Isa isa : kAllIsas)
    if (is_supported(isa)) isas.push_back(isa);
  return isas;
}

Isa choose_isa(std::string_view forced) {
  if (forced.empty()) {
    const Isa strongest = supported_isas().back();
    return strongest == Isa::avx512_bf16 && !multiplies_bf16_fast() ? Isa::avx512 : strongest;
  }
  for (const Isa isa : kAllIsas) {
    if (name_of(isa) != forced) continue;
    if (!is_supported(isa)) throw OptionError(fmt::format("FOVEA_ISA={}: this machine has only {}", forced, supported_names()));
    return isa;
  }
  throw OptionError(fmt::format("FOVEA_ISA={} is no known instruction set: expected one of {}", forced, supported_names()));
}

Isa active_isa() {
  static const Isa isa = [] {
    const char* forced = std::getenv("FOVEA_ISA");
    return choose_isa(forced == nullptr ? "" : forced);
  }();
  return isa;
}

std::string cpu_name() {
  std::ifstream info("/proc/cpuinfo");
  for (std::string line; std::getline(info, line);) {
    if (!line.starts_with("model name")) continue;
    const std::size_t colon = line.find(": ");
    if (colon != std::string::npos) return line.substr(colon + 2);
  }
  return "unknown processor";
}

}  // namespace fovea
