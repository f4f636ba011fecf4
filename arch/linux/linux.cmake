# SPDX-License-Identifier: Apache-2.0
# The port for Linux: what meson.build beside this file picks, with restartable sequences.
if(CMAKE_SYSTEM_PROCESSOR MATCHES "^(x86_64|AMD64|amd64)$")
  set(cpu_family x86_64)
elseif(CMAKE_SYSTEM_PROCESSOR MATCHES "^(aarch64|arm64)$")
  set(cpu_family aarch64)
else()
  message(FATAL_ERROR "no restartable sequences for ${CMAKE_SYSTEM_PROCESSOR}: build with meson and -Dport=portable")
endif()
if(NOT EXISTS ${OSH_CK_HEADERS}/ck_pr.h)
  message(FATAL_ERROR "Concurrency Kit is missing: apt-get install libck-dev (or -DOSH_CK_HEADERS=FOLDER)")
endif()
set(arch_public arch/linux/include)
osheap_meson_files(arch_sources ${top}/arch/linux/meson.build arch_sources)
list(APPEND arch_sources ${top}/arch/linux/osh_rseq.c ${top}/arch/linux/osh_select.c)
list(APPEND includes arch/atomic/ck arch/linux/${cpu_family} arch/linux arch/linux/include)
if(cpu_family STREQUAL aarch64)
  list(INSERT includes 0 arch/linux/aarch64/ck) # before the one of the build machine
endif()
# The library is linked into executables only, as by default with meson.
list(APPEND settings OSH_TLS_MODEL="local-exec")
