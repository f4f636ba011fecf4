# SPDX-License-Identifier: Apache-2.0
# The heap's library for a build system that is CMake: Zephyr's, the Pico SDK's, ESP-IDF's.
#
#   osheap_library(TARGET CPU cpu RAM bytes CORES n [HARDENING 0|1|2] [LOCK chip] [BESIDE]
#     [FLAGS flag ...] [SETTINGS NAME=VALUE ...])
#
# TARGET is then a library with its headers. It is built by the project's own meson.build, with the
# compiler of the CMake project and those of FLAGS that choose the CPU and the ABI (-m...), and built
# again when the sources change. CPU is a folder of arch/, LOCK one of arch/atomic/lock/ for a chip
# with cores that have no exclusives; SETTINGS are names of core/config/osh_config.h and
# arch/firmware/osh_core.h. BESIDE: without malloc and its relatives, for a program that keeps its own.
#
# Needs meson, ninja, the packages newlib-source and libck-dev; or none of them, with the cache variable
# OSHEAP_AMALGAMATION: a folder that `./dev amalgamate` has written (docs/one-file.md). Its osheap.c is
# then compiled by CMake itself. OSHEAP_C_FLAGS has
# flags for the library alone: with a compiler that comes without a C library, such as Debian's for
# RISC-V, -idirafter and the folder of newlib's headers.
include_guard(GLOBAL)
include(ExternalProject)

set(OSHEAP_ROOT ${CMAKE_CURRENT_LIST_DIR}/../..)
get_filename_component(OSHEAP_ROOT ${OSHEAP_ROOT} ABSOLUTE)
set(OSHEAP_C_FLAGS "" CACHE STRING "flags for the heap's library alone")
set(OSHEAP_AMALGAMATION "" CACHE PATH "a folder that ./dev amalgamate has written; empty: build by meson")

function(osheap_meson_list out) # ITEM ...: as a list in meson's language
  set(text "")
  foreach(item ${ARGN})
    string(APPEND text "'${item}', ")
  endforeach()
  set(${out} "[${text}]" PARENT_SCOPE)
endfunction()

# In osheap_library's scope: the same library from one file.
macro(osheap_compile_one_file target)
  if(NOT EXISTS ${OSHEAP_AMALGAMATION}/osheap.c)
    message(FATAL_ERROR "OSHEAP_AMALGAMATION=${OSHEAP_AMALGAMATION}: no osheap.c there; write it by ./dev amalgamate --output")
  endif()
  if(heap_LOCK AND NOT heap_LOCK STREQUAL "rp2040")
    message(FATAL_ERROR "OSHEAP_AMALGAMATION: one file has the lock of rp2040 alone, not of ${heap_LOCK}; leave the variable empty")
  endif()
  string(REGEX REPLACE "[kK]$" "*1024" ram "${heap_RAM}")
  string(REGEX REPLACE "[mM]$" "*1024*1024" ram "${ram}")
  math(EXPR ram "${ram}")
  add_library(${target} STATIC ${OSHEAP_AMALGAMATION}/osheap.c)
  target_compile_definitions(${target} PRIVATE OSH_RAM_BYTES=${ram}u OSH_CORES=${heap_CORES}
    OSH_HARDENING=${heap_HARDENING} OSH_NO_MALLOC=$<BOOL:${heap_BESIDE}> $<$<BOOL:${heap_LOCK}>:OSH_CORE_LOCK=1> ${heap_SETTINGS})
  target_compile_options(${target} PRIVATE ${flags} ${own} -O2 -std=gnu11 -ffreestanding -ffunction-sections
    -fdata-sections)
  target_include_directories(${target} PUBLIC ${OSHEAP_AMALGAMATION}/include)
endmacro()

function(osheap_library target)
  cmake_parse_arguments(heap "BESIDE" "CPU;RAM;CORES;HARDENING;LOCK" "FLAGS;SETTINGS" ${ARGN})
  foreach(need CPU RAM CORES)
    if("${heap_${need}}" STREQUAL "")
      message(FATAL_ERROR "osheap_library(${target}): ${need} is missing")
    endif()
  endforeach()
  if("${heap_HARDENING}" STREQUAL "")
    set(heap_HARDENING 1)
  endif()
  string(REPLACE " " ";" flags "${heap_FLAGS}")
  foreach(flag ${flags}) # @FILE: one with flags
    if(flag MATCHES "^@\"?([^\"]+)\"?$")
      file(READ ${CMAKE_MATCH_1} more)
      string(REGEX REPLACE "[ \n]+" ";" more "${more}")
      list(APPEND flags ${more})
    endif()
  endforeach()
  list(FILTER flags INCLUDE REGEX "^-m")
  separate_arguments(own UNIX_COMMAND "${OSHEAP_C_FLAGS}")
  if(OSHEAP_AMALGAMATION)
    osheap_compile_one_file(${target})
    return()
  endif()
  find_program(OSHEAP_MESON meson REQUIRED)
  find_program(OSHEAP_NINJA ninja REQUIRED)

  osheap_meson_list(meson_flags ${flags} ${own})
  osheap_meson_list(meson_settings ${heap_SETTINGS})
  if(CMAKE_AR)
    set(ar ${CMAKE_AR})
  else()
    string(REGEX REPLACE "gcc[^/]*$" "ar" ar ${CMAKE_C_COMPILER})
  endif()
  set(cross "# Written by arch/rtos/osheap.cmake.
[binaries]
c = '${CMAKE_C_COMPILER}'
ar = '${ar}'
[built-in options]
c_args = ${meson_flags}
b_staticpic = false
b_pie = false
[properties]
skip_sanity_check = true
needs_exe_wrapper = true
osheap_cpu = '${heap_CPU}'
osheap_config = ${meson_settings}
osheap_lock = '${heap_LOCK}'
[host_machine]
system = 'none'
cpu_family = '${heap_CPU}'
cpu = '${heap_CPU}'
endian = 'little'
")
  set(options -Dram=${heap_RAM} -Dcores=${heap_CORES} -Dhardening=${heap_HARDENING}
    -Dtests=false -Dstorm=false -Dwerror=false)
  # Another folder for other settings: meson keeps those of its first setup.
  string(SHA1 key "${cross}${options}")
  string(SUBSTRING ${key} 0 8 key)
  set(folder ${CMAKE_CURRENT_BINARY_DIR}/${target}-${key})
  file(WRITE ${folder}.ini "${cross}")
  set(library ${folder}/libosheap.a)
  set(without "")
  if(heap_BESIDE)
    set(library ${folder}/libosheap_beside.a) # in the same folder, because the archive is a thin one
    set(without COMMAND ${CMAKE_COMMAND} -E copy ${folder}/libosheap.a ${library}
      COMMAND ${ar} d ${library} arch_firmware_osh_libc.c.o)
  endif()
  ExternalProject_Add(${target}_build
    SOURCE_DIR ${OSHEAP_ROOT}
    PREFIX ${folder}-steps
    BINARY_DIR ${folder}
    CONFIGURE_COMMAND ${OSHEAP_MESON} setup ${folder} ${OSHEAP_ROOT} --cross-file ${folder}.ini ${options}
    BUILD_COMMAND ${OSHEAP_NINJA} -C ${folder} libosheap.a ${without}
    BUILD_ALWAYS ON
    BUILD_BYPRODUCTS ${library}
    INSTALL_COMMAND "")
  add_library(${target} STATIC IMPORTED GLOBAL)
  if(heap_BESIDE)
    set_property(TARGET ${target} PROPERTY INTERFACE_LINK_OPTIONS -Wl,--defsym=osh_libc_routes=0)
  endif()
  add_dependencies(${target} ${target}_build)
  set_target_properties(${target} PROPERTIES
    IMPORTED_LOCATION ${library}
    INTERFACE_INCLUDE_DIRECTORIES "${OSHEAP_ROOT}/core/include;${OSHEAP_ROOT}/arch/firmware/include")
endfunction()
