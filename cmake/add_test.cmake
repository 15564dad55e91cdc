# fovea_add_tests(NAME SOURCES ... [DEPENDS fovea modules ...] [LIBRARIES ...] [LABELS ...] [EVERY_ISA])
#
# One GoogleTest program per module, registered as one ctest test; EVERY_ISA registers it again for every weaker instruction set, where
# it skips visibly on machines that lack one. Tests named *Slow* run only in the extra entry NAME.slow, labelled slow.
find_package(GTest REQUIRED)

function(fovea_add_tests name)
  cmake_parse_arguments(arg "EVERY_ISA" "" "SOURCES;DEPENDS;LIBRARIES;LABELS" ${ARGN})
  add_executable(${name}_tests ${arg_SOURCES})
  list(TRANSFORM arg_DEPENDS PREPEND fovea::)
  target_link_libraries(${name}_tests PRIVATE ${arg_DEPENDS} ${arg_LIBRARIES} fovea_test_support GTest::gmock GTest::gtest_main fovea_build_flags)
  add_test(NAME ${name} COMMAND ${name}_tests --gtest_filter=-*Slow*)
  set_tests_properties(${name} PROPERTIES LABELS "${arg_LABELS}")
  if(arg_EVERY_ISA)
    foreach(isa portable avx2)
      add_test(NAME ${name}.${isa} COMMAND ${name}_tests --gtest_filter=-*Slow*)
      set_tests_properties(${name}.${isa} PROPERTIES ENVIRONMENT FOVEA_ISA=${isa} LABELS "isa;${arg_LABELS}")
    endforeach()
  endif()
endfunction()
