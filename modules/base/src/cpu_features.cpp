#include "fovea/base/cpu_features.hpp"

#include <fmt/format.h>

#include <array>
#include <cstdlib>
#include <fstream>

#include "fovea/base/error.hpp"
#include "processor.hpp"

namespace fovea {

namespace {

constexpr std::array kAllIsas{Isa::portable, Isa::avx2, Isa::avx512, Isa::avx512_bf16, Isa::avx512_amx};

std::string supported_names() {
  std::string names;
  for (const Isa isa : supported_isas()) names += (names.empty() ? "" : ", ") + std::string(name_of(isa));
  return names;
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
    case Isa::avx512_amx:
      return "avx512_amx";
  }
  return "?";
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
