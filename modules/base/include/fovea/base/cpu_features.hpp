// Which instruction sets this machine has, and which one the kernels use.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace fovea {

/// Instruction sets that kernels are compiled for, weakest first.
enum class Isa { portable, avx2, avx512, avx512_bf16, avx512_amx };

/// "portable", "avx2", "avx512", "avx512_bf16", "avx512_amx"
const char* name_of(Isa isa);

/// True when this machine and its operating system can run `isa`.
bool is_supported(Isa isa);

/// The supported sets, weakest first.
std::vector<Isa> supported_isas();

/// The set named `forced`, or the fastest supported one when the name is empty: the strongest, but avx512_bf16 only on processors that are
/// known to multiply pairs of bf16 faster than two f32 (AMD's; Intel's take twice as long).
/// Throws OptionError when it names an unknown set or one that this machine lacks.
Isa choose_isa(std::string_view forced);

/// The set that kernels use: choose_isa of the environment variable FOVEA_ISA. Read once.
Isa active_isa();

/// The processor's name as it reports itself, or "unknown processor".
std::string cpu_name();

}  // namespace fovea
