# SPDX-License-Identifier: Apache-2.0
# A toolchain file of ThreadX's name and contents: its flags are cached.
set(CMAKE_SYSTEM_NAME Generic)
set(THREADX_ARCH cortex_m4)
set(THREADX_TOOLCHAIN gnu)
set(CMAKE_C_COMPILER arm-none-eabi-gcc)
set(CMAKE_TRY_COMPILE_TARGET_TYPE STATIC_LIBRARY)
set(CMAKE_C_FLAGS "-mthumb -mcpu=cortex-m4 --specs=nosys.specs -fdata-sections -ffunction-sections"
  CACHE INTERNAL "c compiler flags")
