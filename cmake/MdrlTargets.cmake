# mdrl_library, mdrl_binary, mdrl_test, mdrl_bench; warnings and sanitizers live here.

set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/bin)

find_program(MDRL_CCACHE ccache)
if(MDRL_CCACHE AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
  set(CMAKE_CXX_COMPILER_LAUNCHER ${MDRL_CCACHE})
endif()

add_library(mdrl_options INTERFACE)
target_include_directories(mdrl_options INTERFACE ${PROJECT_SOURCE_DIR})
target_compile_options(mdrl_options INTERFACE -Wall -Wextra -Werror)
if(CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
  target_compile_options(mdrl_options INTERFACE -Wthread-safety)
endif()
if(MDRL_SANITIZE)
  target_compile_options(mdrl_options INTERFACE
    -fsanitize=${MDRL_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all)
  target_link_options(mdrl_options INTERFACE -fsanitize=${MDRL_SANITIZE})
endif()
find_program(MDRL_MOLD mold)
if(MDRL_MOLD AND NOT MDRL_SANITIZE)
  target_link_options(mdrl_options INTERFACE -fuse-ld=mold)
endif()

# mdrl_library(common_base HDRS a.h SRCS a.cc DEPS mdrl::x): target mdrl_common_base, alias mdrl::common_base.
function(mdrl_library name)
  cmake_parse_arguments(ARG "" "" "HDRS;SRCS;DEPS" ${ARGN})
  if(ARG_SRCS)
    add_library(mdrl_${name} STATIC ${ARG_SRCS})
    set(scope PUBLIC)
  else()
    add_library(mdrl_${name} INTERFACE)
    set(scope INTERFACE)
  endif()
  target_sources(mdrl_${name} ${scope}
    FILE_SET HEADERS BASE_DIRS ${PROJECT_SOURCE_DIR} FILES ${ARG_HDRS})
  target_link_libraries(mdrl_${name} ${scope} mdrl_options ${ARG_DEPS})
  set_target_properties(mdrl_${name} PROPERTIES VERIFY_INTERFACE_HEADER_SETS ON)
  add_library(mdrl::${name} ALIAS mdrl_${name})
endfunction()

# mdrl_binary(mdrl-reward SRCS main.cc DEPS mdrl::x): lands in <build>/bin.
function(mdrl_binary name)
  cmake_parse_arguments(ARG "" "" "SRCS;DEPS" ${ARGN})
  add_executable(${name} ${ARG_SRCS})
  target_link_libraries(${name} PRIVATE mdrl_options ${ARG_DEPS})
endfunction()

# mdrl_test(philox_test SRCS philox_test.cc DEPS mdrl::common_base LABELS unit [TIMEOUT 60])
# One ctest per binary; it runs from the source root, so that relative paths mean the same everywhere.
function(mdrl_test name)
  cmake_parse_arguments(ARG "OWN_MAIN" "TIMEOUT" "SRCS;DEPS;LABELS" ${ARGN})
  add_executable(${name} ${ARG_SRCS})
  target_link_libraries(${name} PRIVATE mdrl_options ${ARG_DEPS} GTest::gmock)
  if(NOT ARG_OWN_MAIN)
    target_link_libraries(${name} PRIVATE GTest::gmock_main)
  endif()
  set_target_properties(${name} PROPERTIES
    RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/tests)
  add_test(NAME ${name} COMMAND ${name} WORKING_DIRECTORY ${PROJECT_SOURCE_DIR})
  if(NOT ARG_TIMEOUT)
    set(ARG_TIMEOUT 120)
  endif()
  set_tests_properties(${name} PROPERTIES LABELS "${ARG_LABELS}" TIMEOUT ${ARG_TIMEOUT}
    ENVIRONMENT "OMP_WAIT_POLICY=passive;TSAN_OPTIONS=suppressions=${PROJECT_SOURCE_DIR}/tests/tsan.supp:halt_on_error=1")
endfunction()
