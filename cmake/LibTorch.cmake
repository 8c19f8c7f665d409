# Imported targets for the private LibTorch; MDRL_TORCH_ROOT is the torch folder of the wheel.
#
# find_package(Torch) is not used: it needs the CUDA toolkit even for a CPU
# build and edits global flags. A CPU build links torch_cpu and c10 alone.

set(CMAKE_CXX_LINK_LIBRARY_USING_KEEP_SUPPORTED TRUE)
set(CMAKE_CXX_LINK_LIBRARY_USING_KEEP
    "LINKER:--push-state,--no-as-needed" "<LINK_ITEM>" "LINKER:--pop-state")

set(mdrl_torch_libraries c10 torch_cpu)
if(MDRL_CUDA)
  list(APPEND mdrl_torch_libraries c10_cuda torch_cuda)
endif()
foreach(library IN LISTS mdrl_torch_libraries)
  add_library(torch::${library} SHARED IMPORTED)
  set_target_properties(torch::${library} PROPERTIES
    IMPORTED_LOCATION ${MDRL_TORCH_ROOT}/lib/lib${library}.so)
endforeach()

add_library(torch::headers INTERFACE IMPORTED)
target_include_directories(torch::headers SYSTEM INTERFACE
  ${MDRL_TORCH_ROOT}/include ${MDRL_TORCH_ROOT}/include/torch/csrc/api/include)
# AT_PER_OPERATOR_HEADERS: ATen/TensorOperators.h without the header of every operator.
target_compile_definitions(torch::headers INTERFACE _GLIBCXX_USE_CXX11_ABI=1 AT_PER_OPERATOR_HEADERS)

add_library(torch::all INTERFACE IMPORTED)
target_link_libraries(torch::all INTERFACE torch::headers torch::torch_cpu torch::c10)
if(MDRL_CUDA)
  # Debian's g++ links with --as-needed and would drop libtorch_cuda in silence.
  target_link_libraries(torch::all INTERFACE
    torch::c10_cuda $<LINK_LIBRARY:KEEP,torch::torch_cuda>)
endif()
