/* SPDX-License-Identifier: Apache-2.0 */
/* The heap over CMSIS-RTOS2. */
#ifndef OSHEAP_CMSIS_H
#define OSHEAP_CMSIS_H

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

/**
 * Makes the heap's mutexes and gives it `bytes` bytes at `region`.
 * Contexts: after osKernelInitialize and before osKernelStart, once. Complexity: O(bytes of
 * tables). Failure: no mutex, a region that is too small, and a second call end in
 * os_heap_port_fail.
 */
void osheap_cmsis_start(void *region, size_t bytes);

#ifdef __cplusplus
}
#endif

#endif
