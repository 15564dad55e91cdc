# The compiler's settings for the whole project: standard, warnings, sanitizers, and the faster tools where the machine has them.
set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
if(NOT CMAKE_BUILD_TYPE AND NOT CMAKE_CONFIGURATION_TYPES)
  set(CMAKE_BUILD_TYPE Release CACHE STRING "" FORCE)
endif()
# Line tables are enough for stack traces, and link in half the time. Instrumented code takes 1.5 times as long to compile at -O2 as at -O1.
if(FOVEA_SANITIZE)
  set(CMAKE_CXX_FLAGS_RELWITHDEBINFO "-O1 -g1")
else()
  set(CMAKE_CXX_FLAGS_RELWITHDEBINFO "-O2 -g1")
endif()

# Most of a file's time goes into headers: five at a time were measured at 0.45 of five alone.
set(CMAKE_UNITY_BUILD ${FOVEA_UNITY})
set(CMAKE_UNITY_BUILD_BATCH_SIZE 5)
# GCC takes the sources of a unity file for headers, whose types should not have members of file-local types.
set(FOVEA_BEFORE_UNITY_SOURCE "#pragma GCC diagnostic ignored \"-Wsubobject-linkage\"")

if(PROJECT_IS_TOP_LEVEL)
  find_program(FOVEA_CCACHE ccache)
  if(FOVEA_CCACHE)
    set(CMAKE_CXX_COMPILER_LAUNCHER ${FOVEA_CCACHE})
  endif()
  find_program(FOVEA_MOLD mold)
  if(FOVEA_MOLD)
    add_link_options(-fuse-ld=mold)
  endif()
endif()

include(GNUInstallDirs)

# Flags of every target of this project, never of its users.
add_library(fovea_build_flags INTERFACE)
# Contraction would let the compiler turn a*b+c into a fused operation in one place and not in another: results would depend on inlining.
target_compile_options(fovea_build_flags INTERFACE -ffp-contract=off -fno-math-errno -Wall -Wextra -Wpedantic -Wshadow -Wnon-virtual-dtor
  -Woverloaded-virtual -Wcast-qual -Wnull-dereference -Wno-missing-field-initializers)
if(FOVEA_DEVELOPER)
  target_compile_options(fovea_build_flags INTERFACE -Werror)
endif()
# Of sources that only drive the library: checks for undefined behaviour would double what they take to compile.
set(FOVEA_FRONT_FLAGS $<$<STREQUAL:${FOVEA_SANITIZE},address>:-fno-sanitize=undefined>)
if(FOVEA_SANITIZE STREQUAL "address")
  add_compile_options(-fsanitize=address,undefined -fno-sanitize-recover=undefined -fno-omit-frame-pointer)
  add_link_options(-fsanitize=address,undefined)
elseif(FOVEA_SANITIZE STREQUAL "thread")
  add_compile_options(-fsanitize=thread)
  add_link_options(-fsanitize=thread)
elseif(FOVEA_SANITIZE)
  message(FATAL_ERROR "FOVEA_SANITIZE is \"${FOVEA_SANITIZE}\": expected address, thread or nothing")
endif()
