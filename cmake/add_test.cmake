# fovea_add_tests(NAME SOURCES ... [DEPENDS fovea modules ...] [LIBRARIES ...] [LABELS ...] [EVERY_ISA] [SLOW])
#
# One GoogleTest program per module, registered as one ctest test; EVERY_ISA registers it again for every weaker instruction set, where
# it skips visibly on machines that lack one. Tests named *Slow* run only in the extra entry NAME.slow, labelled slow, that SLOW adds.
function(fovea_add_tests name)
  cmake_parse_arguments(arg "EVERY_ISA;SEPARATE;SLOW" "" "SOURCES;DEPENDS;LIBRARIES;LABELS" ${ARGN})
  add_executable(${name}_tests ${arg_SOURCES})
  set_target_properties(${name}_tests PROPERTIES UNITY_BUILD_CODE_BEFORE_INCLUDE "${FOVEA_BEFORE_UNITY_SOURCE}")
  if(arg_SEPARATE)  # many sources have helpers of the same name
    set_target_properties(${name}_tests PROPERTIES UNITY_BUILD OFF)
  endif()
  list(TRANSFORM arg_DEPENDS PREPEND fovea::)
  target_link_libraries(${name}_tests PRIVATE ${arg_DEPENDS} ${arg_LIBRARIES} fovea_test_main fovea_test_support fovea_build_flags)
  # Test files compile in four fifths of the time at -O1, and what they run is compiled elsewhere.
  target_compile_options(${name}_tests PRIVATE -O1 ${FOVEA_FRONT_FLAGS})
  add_test(NAME ${name} COMMAND ${name}_tests --gtest_filter=-*Slow*)
  set_tests_properties(${name} PROPERTIES LABELS "${arg_LABELS}")
  if(arg_EVERY_ISA)
    foreach(isa portable avx2 avx512)
      add_test(NAME ${name}.${isa} COMMAND ${name}_tests --gtest_filter=-*Slow*)
      set_tests_properties(${name}.${isa} PROPERTIES ENVIRONMENT FOVEA_ISA=${isa} LABELS "isa;${arg_LABELS}" SKIP_RETURN_CODE 77)
    endforeach()
  endif()
  if(arg_SLOW)
    add_test(NAME ${name}.slow COMMAND ${name}_tests --gtest_filter=*Slow*)
    set_tests_properties(${name}.slow PROPERTIES LABELS "slow;${arg_LABELS}" RUN_SERIAL ON TIMEOUT 10800)
  endif()
endfunction()
