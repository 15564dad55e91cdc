# fovea_add_module(NAME SOURCES ... [DEPENDS fovea modules ...] [PUBLIC libraries ...] [PRIVATE libraries ...])
#
# Declares modules/NAME as the target fovea::NAME. Its include path is its own include/ and what its declared dependencies bring, so
# that including a header of a module above does not compile. fmt is private to every module: messages are formatted, never printed.
function(fovea_add_module name)
  cmake_parse_arguments(arg "SEPARATE" "" "SOURCES;DEPENDS;PUBLIC;PRIVATE" ${ARGN})
  if(arg_UNPARSED_ARGUMENTS)
    message(FATAL_ERROR "fovea_add_module(${name}): unknown arguments ${arg_UNPARSED_ARGUMENTS}")
  endif()
  add_library(fovea_${name} ${arg_SOURCES})
  add_library(fovea::${name} ALIAS fovea_${name})
  set_target_properties(fovea_${name} PROPERTIES EXPORT_NAME ${name} UNITY_BUILD_CODE_BEFORE_INCLUDE "${FOVEA_BEFORE_UNITY_SOURCE}")
  if(arg_SEPARATE)  # many sources have helpers of the same name
    set_target_properties(fovea_${name} PROPERTIES UNITY_BUILD OFF)
  endif()
  target_compile_features(fovea_${name} PUBLIC cxx_std_20)
  target_include_directories(fovea_${name}
    PUBLIC $<BUILD_INTERFACE:${CMAKE_CURRENT_SOURCE_DIR}/include> $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>
    PRIVATE ${CMAKE_CURRENT_SOURCE_DIR}/src)
  list(TRANSFORM arg_DEPENDS PREPEND fovea::)
  target_link_libraries(fovea_${name}
    PUBLIC ${arg_DEPENDS} ${arg_PUBLIC}
    PRIVATE ${arg_PRIVATE} fmt::fmt $<BUILD_INTERFACE:fovea_build_flags>)
  install(TARGETS fovea_${name} EXPORT fovea_targets)
  install(DIRECTORY include/ DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
  set_property(GLOBAL APPEND PROPERTY FOVEA_MODULES ${name})
endfunction()
