# SPDX-License-Identifier: Apache-2.0
# What find_package(Zephyr) does for the module and its sample, over the test kernel: written from
# Zephyr's documentation of its CMake package. BOARD is one of tests/firmware/boards whose toolchain
# has a C library: an521 (two Cortex-M33), a15 (four Cortex-A15). Kconfig is read for defaults only.
set(repo ${CMAKE_CURRENT_LIST_DIR}/../../../..)
get_filename_component(repo ${repo} ABSOLUTE)
set(firmware ${repo}/tests/firmware)

if(BOARD STREQUAL "an521")
  set(TOOLCHAIN_C_FLAGS -mcpu=cortex-m33+nodsp -mthumb -mfloat-abi=soft)
  set(CONFIG_ARMV7_M_ARMV8_M_MAINLINE y)
  set(CONFIG_MP_MAX_NUM_CPUS 2)
  set(board_files mprofile/context.c mprofile/semihost.c an521/board.c)
  # The chip's register that has the core's number: Zephyr itself has no SMP on Cortex-M.
  set(board_settings OSH_SEQUENCES=1 OSH_CORE_ID_ADDRESS=0x5001f000u)
elseif(BOARD STREQUAL "a15")
  set(TOOLCHAIN_C_FLAGS -mcpu=cortex-a15 -marm -mfloat-abi=soft -mno-unaligned-access)
  set(CONFIG_CPU_AARCH32_CORTEX_A y)
  set(CONFIG_MP_MAX_NUM_CPUS 4)
  set(board_files a15/entry.S a15/board.c virt/gic.c)
  set(board_settings OSH_SEQUENCES=1)
else()
  message(FATAL_ERROR "-DBOARD=${BOARD}: there are an521 and a15")
endif()

set(CMAKE_SYSTEM_NAME Generic)
set(CMAKE_TRY_COMPILE_TARGET_TYPE STATIC_LIBRARY)
set(CMAKE_C_COMPILER arm-none-eabi-gcc)
set(CMAKE_ASM_COMPILER arm-none-eabi-gcc)
project(Zephyr-Kernel LANGUAGES C ASM)

# prj.conf over the defaults of the module's Kconfig.
set(ARCH arm)
if(EXTRA_ZEPHYR_MODULES)
  list(GET EXTRA_ZEPHYR_MODULES 0 module)
endif()
if(NOT EXISTS ${module}/zephyr/module.yml)
  message(FATAL_ERROR "EXTRA_ZEPHYR_MODULES: no module at '${module}'")
endif()
file(STRINGS ${module}/Kconfig lines)
foreach(line ${lines})
  if(line MATCHES "^(menu)?config ([A-Z0-9_]+)")
    set(symbol CONFIG_${CMAKE_MATCH_2})
    list(APPEND symbols ${symbol})
  elseif(line MATCHES "^\tdefault ([0-9y]+)$")
    set(${symbol} ${CMAKE_MATCH_1})
  endif()
endforeach()
file(STRINGS ${CMAKE_CURRENT_SOURCE_DIR}/prj.conf lines REGEX "^CONFIG_")
foreach(line ${lines})
  string(REGEX MATCH "^([A-Z0-9_]+)=(.*)$" line "${line}")
  list(FIND symbols ${CMAKE_MATCH_1} known)
  if(known LESS 0 AND NOT CMAKE_MATCH_1 STREQUAL "CONFIG_COMMON_LIBC_MALLOC")
    message(FATAL_ERROR "prj.conf: undefined symbol ${CMAKE_MATCH_1}")
  endif()
  list(APPEND symbols ${CMAKE_MATCH_1})
  set(${CMAKE_MATCH_1} ${CMAKE_MATCH_2})
endforeach()

add_library(zephyr_interface INTERFACE)
target_compile_options(zephyr_interface INTERFACE ${TOOLCHAIN_C_FLAGS} -std=gnu11 -O2 -ffreestanding
  -ffunction-sections -fdata-sections -Wall -Wextra -Wconversion -Wshadow -Werror)
target_include_directories(zephyr_interface INTERFACE ${CMAKE_CURRENT_LIST_DIR}/../include)
list(REMOVE_DUPLICATES symbols)
foreach(symbol ${symbols})
  if(${symbol} STREQUAL "y")
    target_compile_definitions(zephyr_interface INTERFACE ${symbol}=1)
  elseif(DEFINED ${symbol} AND NOT ${symbol} STREQUAL "n")
    target_compile_definitions(zephyr_interface INTERFACE ${symbol}=${${symbol}})
  endif()
endforeach()
# OSH_SEQUENCES: the test kernel counts the list operations that it interrupts.
list(TRANSFORM board_settings PREPEND -D OUTPUT_VARIABLE flags)
list(JOIN flags " " flags)
set(OSHEAP_C_FLAGS "${flags}" CACHE STRING "")

set_property(GLOBAL PROPERTY ZEPHYR_LIBS "")
function(zephyr_append_cmake_library target)
  set_property(GLOBAL APPEND PROPERTY ZEPHYR_LIBS ${target})
endfunction()
macro(zephyr_library_named target)
  set(ZEPHYR_CURRENT_LIBRARY ${target})
  add_library(${target} STATIC)
  target_link_libraries(${target} PUBLIC zephyr_interface)
  zephyr_append_cmake_library(${target})
endmacro()
function(zephyr_library_sources)
  target_sources(${ZEPHYR_CURRENT_LIBRARY} PRIVATE ${ARGN})
endfunction()
function(zephyr_include_directories)
  foreach(folder ${ARGN})
    get_filename_component(folder ${folder} ABSOLUTE)
    target_include_directories(zephyr_interface INTERFACE ${folder})
  endforeach()
endfunction()
function(zephyr_ld_options)
  target_link_options(zephyr_interface INTERFACE ${ARGN})
endfunction()

add_library(app STATIC)
target_link_libraries(app PUBLIC zephyr_interface)
zephyr_append_cmake_library(app)
add_subdirectory(${module} ${CMAKE_BINARY_DIR}/modules/osheap)

# The kernel: the test kernel under Zephyr's calls, which take the place of its own hooks.
string(TOUPPER ${BOARD} upper)
list(TRANSFORM board_files PREPEND ${firmware}/boards/)
add_library(kernel STATIC ${board_files} ${firmware}/kernel/kernel.c ${firmware}/kernel/start.c
  ${firmware}/kernel/syscalls.c ${firmware}/image/check.c ${CMAKE_CURRENT_LIST_DIR}/../kernel.c)
target_link_libraries(kernel PUBLIC zephyr_interface)
zephyr_append_cmake_library(kernel)
foreach(target kernel app)
  target_include_directories(${target} PRIVATE ${firmware}/kernel ${firmware}/image ${firmware}/../support
    ${firmware}/boards/mprofile ${firmware}/boards/virt ${repo}/core/config)
  target_compile_definitions(${target} PRIVATE BOARD_${upper}=1 BOARD_HAS_FLOAT=1 BOARD_HAS_LIBSTDCXX=1
    OSH_RAM_BYTES=${CONFIG_OSHEAP_REGION_BYTES} OSH_CORES=${CONFIG_MP_MAX_NUM_CPUS} OSH_LINK_WORDS=2
    ${board_settings})
endforeach()

file(MAKE_DIRECTORY ${CMAKE_BINARY_DIR}/zephyr)
file(WRITE ${CMAKE_BINARY_DIR}/empty.c "")
add_executable(zephyr_final ${CMAKE_BINARY_DIR}/empty.c)
set_target_properties(zephyr_final PROPERTIES OUTPUT_NAME zephyr SUFFIX .elf
  RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/zephyr)
get_property(libs GLOBAL PROPERTY ZEPHYR_LIBS)
target_link_libraries(zephyr_final -Wl,--whole-archive ${libs} -Wl,--no-whole-archive zephyr_interface)
target_link_options(zephyr_final PRIVATE ${TOOLCHAIN_C_FLAGS} -nostartfiles
  -T ${firmware}/boards/${BOARD}/link.ld -L${firmware}/boards -Wl,--gc-sections
  -Wl,--defsym=__heap_bytes=0 -Wl,--wrap=os_heap_interrupt_enter -Wl,--wrap=os_heap_interrupt_leave
  -Wl,--cref,-Map=${CMAKE_BINARY_DIR}/zephyr/zephyr.map)

# Zephyr's target that runs the image in the board's emulator.
execute_process(COMMAND ${firmware}/run.sh --machine ${BOARD} OUTPUT_VARIABLE machine)
separate_arguments(machine UNIX_COMMAND "${machine}")
add_custom_target(run DEPENDS zephyr_final USES_TERMINAL
  COMMAND timeout 60 ${machine} -nodefaults -display none -monitor none -serial none
    -chardev stdio,id=sh -semihosting-config enable=on,target=native,chardev=sh
    -kernel ${CMAKE_BINARY_DIR}/zephyr/zephyr.elf)
