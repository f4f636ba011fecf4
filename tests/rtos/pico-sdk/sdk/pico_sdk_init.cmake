# SPDX-License-Identifier: Apache-2.0
# Of the Pico SDK's CMake files what the port and its sample use, written from the SDK's documentation:
# real CMake runs the port's. The libraries have headers and no code, so a program links with the
# SDK's calls undefined; check.sh looks at which.
set(PICO_SDK_PATH ${CMAKE_CURRENT_LIST_DIR})
set(CMAKE_SYSTEM_NAME Generic)
set(CMAKE_TRY_COMPILE_TARGET_TYPE STATIC_LIBRARY)
set(CMAKE_C_COMPILER arm-none-eabi-gcc)
set(CMAKE_CXX_COMPILER arm-none-eabi-g++)
set(CMAKE_ASM_COMPILER arm-none-eabi-gcc)
if(PICO_BOARD STREQUAL "pico")
  set(PICO_PLATFORM rp2040)
  set(CMAKE_C_FLAGS_INIT "-mcpu=cortex-m0plus -mthumb")
elseif(PICO_BOARD STREQUAL "pico2")
  set(PICO_PLATFORM rp2350-arm-s)
  set(CMAKE_C_FLAGS_INIT "-mcpu=cortex-m33 -mthumb -march=armv8-m.main+fp+dsp -mfloat-abi=softfp -mcmse")
else()
  message(FATAL_ERROR "-DPICO_BOARD=${PICO_BOARD}: there are pico and pico2")
endif()

function(pico_sdk_init)
  foreach(library pico_sync pico_runtime_init pico_multicore pico_stdlib pico_runtime)
    add_library(${library} INTERFACE)
    target_include_directories(${library} INTERFACE ${PICO_SDK_PATH}/include)
  endforeach()
  if(NOT TARGET pico_malloc)
    message(FATAL_ERROR "the SDK makes its own pico_malloc here")
  endif()
  target_compile_options(pico_runtime INTERFACE -Wall -Wextra -Wconversion -Wshadow -Werror -ffunction-sections)
  target_link_options(pico_runtime INTERFACE --specs=nosys.specs -nostartfiles -Wl,--gc-sections
    -Wl,--warn-unresolved-symbols -Wl,-e,main -Wl,--no-warn-rwx-segments -Wl,--cref,-Map=sample.elf.map
    -Wl,--defsym=__end__=0x20010000 -Wl,--defsym=__StackLimit=0x20040000)
  target_link_libraries(pico_runtime INTERFACE pico_malloc)
  target_link_libraries(pico_stdlib INTERFACE pico_runtime)
endfunction()

function(pico_add_extra_outputs target)
  set_target_properties(${target} PROPERTIES SUFFIX .elf)
endfunction()
