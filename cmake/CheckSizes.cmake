# cmake -P CheckSizes.cmake: lists source files above 400 lines; one above 600 needs a dated line with a reason here.
set(MDRL_LONG_FILES
  # "path: date, reason"
)
file(GLOB_RECURSE sources RELATIVE ${MDRL_SOURCE_DIR}
  ${MDRL_SOURCE_DIR}/common/*.h ${MDRL_SOURCE_DIR}/common/*.cc
  ${MDRL_SOURCE_DIR}/services/*.h ${MDRL_SOURCE_DIR}/services/*.cc
  ${MDRL_SOURCE_DIR}/client/*.h ${MDRL_SOURCE_DIR}/client/*.cc)
set(sizes "")
foreach(source IN LISTS sources)
  file(READ ${MDRL_SOURCE_DIR}/${source} text)
  string(REGEX REPLACE "[^\n]" "" newlines "${text}")
  string(LENGTH "${newlines}" lines)
  string(LENGTH "${lines}" digits)
  math(EXPR pad "6 - ${digits}")
  string(REPEAT "0" ${pad} zeros)
  list(APPEND sizes "${zeros}${lines} ${source}")
  if(lines GREATER 400)
    message(STATUS "${lines} lines: ${source}: could it be two things?")
  endif()
  if(lines GREATER 600 AND NOT MDRL_LONG_FILES MATCHES "${source}: ")
    message(SEND_ERROR "${source} has ${lines} lines and no reason in cmake/CheckSizes.cmake")
  endif()
endforeach()
list(SORT sizes)
list(LENGTH sizes count)
math(EXPR middle "${count} / 2")
math(EXPR ninth "${count} * 9 / 10")
list(GET sizes ${middle} median)
list(GET sizes ${ninth} p90)
message(STATUS "${count} files; median ${median}; nine in ten up to ${p90}")
