# cmake -P CheckLayers.cmake: fails on an #include edge that the table below does not have.
#
# The table is the architecture: docs/architecture.md explains it. A folder may
# include itself, the folders named after its colon, and nothing else of this
# tree; `torch` and `proto` stand for their headers, `threads` for <thread>.

cmake_minimum_required(VERSION 3.25)

set(MDRL_LAYERS
  "common/base:threads"
  "common/record:common/base"
  "common/sync:common/base threads"
  "common/metrics:common/base common/sync"
  "common/format:common/base common/record"
  "common/text:common/base common/record common/format"
  "common/tasks:common/base common/record common/format"
  "common/generate:common/base common/record common/format"
  "common/config:common/base common/record proto"
  "common/wire:common/base common/record proto"
  "common/net:common/base common/record common/sync common/metrics proto threads"
  "common/policy:common/base common/record common/sync common/net proto threads"
  "common/kernel:common/base common/tensor torch"
  "common/tensor:common/base common/record common/format torch"
  "common/model:common/base common/record common/format common/kernel common/tensor torch"
  "services/reward/sandbox:common/base"
  "services/reward/verify:services/reward/sandbox common/base common/record common/text common/tasks"
  "services/reward:services/reward/sandbox services/reward/verify common/base common/record common/sync common/metrics common/net common/wire common/config common/format common/tasks proto threads"
  "services/learner/corruption:common/base common/record"
  "services/learner/ledger:common/base common/record common/sync common/metrics threads"
  "services/learner/work:common/base common/record common/sync"
  "services/learner/buffer:common/base common/record common/sync"
  "services/learner/policy:common/base common/record common/sync common/format"
  "services/learner/explain:services/learner/work common/base common/record"
  "services/learner/desk:services/learner/work services/learner/buffer services/learner/explain services/learner/ledger services/learner/policy common/base common/record common/sync common/metrics"
  "services/learner/algorithm:services/learner/corruption common/base common/tensor torch"
  "services/learner/batch:services/learner/corruption common/base common/record common/tensor torch"
  "services/learner/update:services/learner/algorithm services/learner/batch services/learner/corruption common/base common/record common/tensor common/model torch"
  "services/learner:services/learner/work services/learner/buffer services/learner/explain services/learner/ledger services/learner/policy services/learner/desk services/learner/corruption services/learner/algorithm services/learner/batch services/learner/update common/base common/record common/sync common/metrics common/config common/wire common/net common/policy common/format common/text common/tasks common/tensor common/model proto torch threads"
  "services/rollout/client:common/base common/record common/sync common/metrics common/net common/wire common/policy proto threads"
  "services/rollout/policy:services/rollout/client common/base common/record common/sync common/metrics common/policy threads"
  "services/rollout/decode:common/base common/record common/tensor common/model torch"
  "services/rollout:services/rollout/client services/rollout/policy services/rollout/decode common/base common/record common/sync common/metrics common/config common/wire common/net common/policy common/format common/text common/generate common/tensor common/model proto torch threads"
  "client:common/base common/record common/sync common/net common/wire common/config common/format common/text common/tasks common/generate proto threads")

file(GLOB_RECURSE sources RELATIVE ${MDRL_SOURCE_DIR}
  ${MDRL_SOURCE_DIR}/common/*.h ${MDRL_SOURCE_DIR}/common/*.cc
  ${MDRL_SOURCE_DIR}/services/*.h ${MDRL_SOURCE_DIR}/services/*.cc
  ${MDRL_SOURCE_DIR}/client/*.h ${MDRL_SOURCE_DIR}/client/*.cc)

set(broken 0)
function(complain text)
  message(SEND_ERROR "${text}")
  math(EXPR broken "${broken} + 1")
  set(broken ${broken} PARENT_SCOPE)
endfunction()

foreach(source IN LISTS sources)
  # The longest listed folder that holds the file.
  set(layer "")
  foreach(row IN LISTS MDRL_LAYERS)
    string(REGEX REPLACE ":.*" "" folder "${row}")
    if(source MATCHES "^${folder}/")
      string(LENGTH "${folder}" length)
      string(LENGTH "${layer}" best)
      if(length GREATER best)
        set(layer "${folder}")
        string(REGEX REPLACE "^[^:]*:" "" allowed "${row}")
      endif()
    endif()
  endforeach()
  if(layer STREQUAL "")
    complain("${source}: its folder is not in the table of cmake/CheckLayers.cmake")
    continue()
  endif()
  string(REPLACE " " ";" allowed "${allowed}")

  file(STRINGS ${MDRL_SOURCE_DIR}/${source} includes REGEX "^#include ")
  set(sees_torch FALSE)
  set(sees_proto FALSE)
  foreach(line IN LISTS includes)
    string(REGEX REPLACE "^#include [<\"]([^>\"]*)[>\"].*" "\\1" header "${line}")
    set(edge "")
    if(header MATCHES "^(ATen|torch|c10)/")
      set(edge torch)
      set(sees_torch TRUE)
    elseif(header MATCHES "\\.pb\\.h$|^google/protobuf/")
      set(edge proto)
      set(sees_proto TRUE)
    elseif(header MATCHES "^(thread|condition_variable|pthread.h)$")
      set(edge threads)
    elseif(header MATCHES "^(common|services|client|tests)/")
      get_filename_component(edge "${header}" DIRECTORY)
      # A folder below a listed one counts as the listed one.
      while(NOT edge STREQUAL "" AND NOT MDRL_LAYERS MATCHES "(^|;)${edge}:")
        get_filename_component(edge "${edge}" DIRECTORY)
      endwhile()
    endif()
    if(edge STREQUAL "" OR edge STREQUAL layer)
      continue()
    endif()
    if(NOT edge IN_LIST allowed)
      complain("${source} includes ${header}: ${layer} may not include ${edge}")
    endif()
  endforeach()
  if(sees_torch AND sees_proto)
    complain("${source} includes both a Torch header and a generated protobuf header")
  endif()
endforeach()

list(LENGTH sources count)
if(broken EQUAL 0)
  message(STATUS "layers: ${count} files, no edge outside the table")
endif()
