# Every dependency, its version floor and why it is here; the only find_package.

find_package(Threads REQUIRED)
find_package(absl REQUIRED CONFIG)             # 20220623: status, time, strings, hash maps; gRPC needs it anyway
find_package(OpenSSL 3.0 REQUIRED COMPONENTS Crypto)  # SHA-256, and TLS below gRPC
find_path(XXHASH_INCLUDE xxhash.h REQUIRED)    # 0.8: XXH3-128 of snapshot chunks
find_package(PkgConfig REQUIRED)               # PCRE2 ships no CMake package of its own
pkg_check_modules(pcre2 REQUIRED IMPORTED_TARGET libpcre2-8>=10.40)  # tokenizers' patterns, adapter targets: lookaheads, \p{...}, compiled
pkg_check_modules(seccomp REQUIRED IMPORTED_TARGET libseccomp>=2.5)  # system calls refused to model-written programs, by name on every machine
find_package(nlohmann_json 3.11 REQUIRED CONFIG)  # JSON files; Torch's headers include it as well
find_package(SQLite3 3.40 REQUIRED)            # the ledger: WAL, one writer

if(MDRL_WITH_GRPC)
  find_package(Protobuf 3.21 REQUIRED)         # schema, run configuration; module mode: Debian ships no config file
  find_package(gRPC 1.51 REQUIRED CONFIG)      # RPC, health
  find_package(yaml-cpp 0.7 REQUIRED CONFIG)   # the surface of the run configuration
  find_package(prometheus-cpp REQUIRED CONFIG)  # 1.0 (its config file has no version): the /metrics page of each process; our own atomics are behind it
  find_package(CLI11 2.1 REQUIRED CONFIG)      # subcommands of mdrlctl and the services' flags
endif()

if(MDRL_BUILD_TESTS)
  find_package(GTest 1.12 REQUIRED CONFIG)
  find_package(benchmark 1.7 REQUIRED CONFIG)
endif()

include(${PROJECT_SOURCE_DIR}/.deps/config.cmake OPTIONAL RESULT_VARIABLE MDRL_DEPS_CONFIG)
if(MDRL_WITH_TORCH)
  if(NOT MDRL_TORCH_ROOT)
    message(FATAL_ERROR "LibTorch is not set up: run scripts/bootstrap.sh first "
                        "(it writes .deps/config.cmake), or set MDRL_TORCH_ROOT.")
  endif()
  include(LibTorch)
endif()
