# SPDX-License-Identifier: Apache-2.0
# The heap in the Pico SDK: include this after project() and before pico_sdk_init(). It makes the
# target osheap_pico, and the SDK's target pico_malloc from it. The SDK then does not make its own,
# whose --wrap puts a mutex around every malloc.
if(COMMAND pico_sdk_init AND TARGET pico_runtime)
  message(FATAL_ERROR "osheap_pico.cmake: include it before pico_sdk_init(), which has made its own pico_malloc")
endif()
include(${CMAKE_CURRENT_LIST_DIR}/../osheap.cmake)

set(osheap_cores 2)
set(osheap_settings OSH_CORE_ID_ADDRESS=0xd0000000u) # CPUID of the SIO
set(osheap_lock "")
if(PICO_PLATFORM STREQUAL "rp2040")
  set(osheap_cpu armv6m)
  set(osheap_lock rp2040)
  set(osheap_ram 192K)
elseif(PICO_PLATFORM MATCHES "^rp2350-arm")
  set(osheap_cpu armv7m)
  set(osheap_ram 384K)
elseif(PICO_PLATFORM STREQUAL "rp2350-riscv")
  set(osheap_cpu riscv)
  set(osheap_ram 384K)
  set(osheap_settings "") # mhartid
else()
  message(FATAL_ERROR "osheap_pico.cmake: PICO_PLATFORM is '${PICO_PLATFORM}'; there are rp2040, rp2350-arm-s and rp2350-riscv")
endif()
set(OSHEAP_RAM ${osheap_ram} CACHE STRING "RAM that the heap will have, about: it decides pages and caches")
set(OSHEAP_HARDENING 1 CACHE STRING "which misuse is detected: 0 (least) to 2 (for development)")

osheap_library(osheap CPU ${osheap_cpu} RAM ${OSHEAP_RAM} CORES ${osheap_cores} LOCK "${osheap_lock}"
  HARDENING ${OSHEAP_HARDENING} FLAGS ${CMAKE_C_FLAGS} SETTINGS ${osheap_settings})

# Libraries of the SDK are INTERFACE: each program compiles their sources, with its own settings.
add_library(osheap_pico_headers INTERFACE)
target_include_directories(osheap_pico_headers INTERFACE ${OSHEAP_ROOT}/core/include ${OSHEAP_ROOT}/arch/firmware/include)
add_library(osheap_pico INTERFACE)
target_sources(osheap_pico INTERFACE ${CMAKE_CURRENT_LIST_DIR}/osheap_pico.c)
target_link_libraries(osheap_pico INTERFACE osheap_pico_headers osheap pico_sync pico_runtime_init)
foreach(call malloc calloc realloc)
  target_link_options(osheap_pico INTERFACE -Wl,--wrap=${call})
endforeach()

add_library(pico_malloc_headers INTERFACE)
target_include_directories(pico_malloc_headers SYSTEM INTERFACE ${PICO_SDK_PATH}/src/rp2_common/pico_malloc/include)
add_library(pico_malloc INTERFACE)
target_link_libraries(pico_malloc INTERFACE pico_malloc_headers osheap_pico)
