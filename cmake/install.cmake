# Installs the targets' export, the CMake package and a pkg-config file. Modules install themselves (add_module.cmake).
include(CMakePackageConfigHelpers)
set(FOVEA_CMAKE_DIR ${CMAKE_INSTALL_LIBDIR}/cmake/fovea)
install(EXPORT fovea_targets NAMESPACE fovea:: DESTINATION ${FOVEA_CMAKE_DIR} FILE fovea-targets.cmake)
configure_package_config_file(cmake/fovea-config.cmake.in fovea-config.cmake INSTALL_DESTINATION ${FOVEA_CMAKE_DIR})
write_basic_package_version_file(fovea-config-version.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${CMAKE_CURRENT_BINARY_DIR}/fovea-config.cmake ${CMAKE_CURRENT_BINARY_DIR}/fovea-config-version.cmake DESTINATION ${FOVEA_CMAKE_DIR})

# Static libraries link in reverse order of the layers.
get_property(FOVEA_MODULES GLOBAL PROPERTY FOVEA_MODULES)
list(REVERSE FOVEA_MODULES)
list(TRANSFORM FOVEA_MODULES PREPEND -lfovea_ OUTPUT_VARIABLE FOVEA_PC_LIBS)
list(JOIN FOVEA_PC_LIBS " " FOVEA_PC_LIBS)
# Relative to the file, so that an installed tree may be moved.
file(RELATIVE_PATH FOVEA_PC_PREFIX /${CMAKE_INSTALL_LIBDIR}/pkgconfig /)
string(REGEX REPLACE "/$" "" FOVEA_PC_PREFIX "${FOVEA_PC_PREFIX}")
configure_file(cmake/fovea.pc.in fovea.pc @ONLY)
install(FILES ${CMAKE_CURRENT_BINARY_DIR}/fovea.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
