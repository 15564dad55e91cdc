# fovea_add_simd_variants(TARGET ISAS sets... SOURCES sources...)
#
# Compiles each source once per instruction set of the list into TARGET, with FOVEA_ISA_NAMESPACE naming the set. Which one runs is chosen at run
# time, so one binary serves every x86-64 machine. The sources share no inline code with the rest of the library: a weak symbol that
# was compiled for a newer machine could be the copy that the linker keeps (tests/kernels/isa_symbols checks the objects).
set(FOVEA_ISAS portable avx2 avx512 avx512_bf16 avx512_amx)
set(FOVEA_ISA_FLAGS_portable "")
set(FOVEA_ISA_FLAGS_avx2 -mavx2 -mfma -mf16c -mtune=haswell)
set(FOVEA_ISA_FLAGS_avx512 -mavx512f -mavx512bw -mavx512dq -mavx512vl -mavx2 -mfma -mf16c -mtune=skylake-avx512 -mprefer-vector-width=512
  -Wno-maybe-uninitialized -Wno-uninitialized)  # GCC 12 warns of its own 512-bit intrinsics (GCC bug 105593)
set(FOVEA_ISA_FLAGS_avx512_bf16 ${FOVEA_ISA_FLAGS_avx512} -mavx512bf16)
set(FOVEA_ISA_FLAGS_avx512_amx ${FOVEA_ISA_FLAGS_avx512} -mamx-tile -mamx-bf16)

function(fovea_add_simd_variants target)
  cmake_parse_arguments(arg "" "" "ISAS;SOURCES" ${ARGN})
  foreach(isa ${arg_ISAS})
    add_library(${target}_${isa} OBJECT ${arg_SOURCES})
    set_target_properties(${target}_${isa} PROPERTIES UNITY_BUILD OFF)  # their time goes into code, and their helpers have equal names
    target_compile_definitions(${target}_${isa} PRIVATE FOVEA_ISA_NAMESPACE=${isa})
    # Optimised in every configuration: unoptimised vector code is too slow to test, and would emit inline functions as weak symbols.
    # Sanitizers make -O3 five times as slow to compile and are not there for speed.
    target_compile_options(${target}_${isa} PRIVATE $<IF:$<BOOL:${FOVEA_SANITIZE}>,-O1,-O3> -fno-exceptions -fno-rtti ${FOVEA_ISA_FLAGS_${isa}})
    # src/cpu/<isa>/simd.hpp is the set's vector type: sources say #include "simd.hpp" and never ask which set they are compiled for.
    target_include_directories(${target}_${isa} PRIVATE ${CMAKE_CURRENT_SOURCE_DIR}/include ${CMAKE_CURRENT_SOURCE_DIR}/src
      ${CMAKE_CURRENT_SOURCE_DIR}/src/cpu/${isa})
    target_link_libraries(${target}_${isa} PRIVATE fovea_build_flags fovea::base)
    target_sources(${target} PRIVATE $<TARGET_OBJECTS:${target}_${isa}>)
  endforeach()
endfunction()
