// Vectors of AVX512-BF16: those of AVX-512.
#pragma once

#include "cpu/avx512/simd.hpp"
