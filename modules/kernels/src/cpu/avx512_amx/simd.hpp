// Vectors of AVX-512 with AMX: those of AVX-512. Products are tiles.hpp's.
#pragma once

#include "cpu/avx512/simd.hpp"
