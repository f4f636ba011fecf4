/* SPDX-License-Identifier: Apache-2.0 */
/* The heap in ThreadX and ThreadX SMP. */
#ifndef OSHEAP_THREADX_H
#define OSHEAP_THREADX_H

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

/**
 * Makes the heap's mutexes and gives it `bytes` bytes at `region`, aligned for anything. For
 * tx_application_define: `first_unused_memory` up to the end of RAM will do.
 * Contexts: tx_application_define, once. Complexity: O(bytes of tables).
 * Failure: a region that is too small, and a second call, end in os_heap_port_fail.
 */
void osheap_threadx_start(void *region, size_t bytes);

#ifdef __cplusplus
}
#endif

#endif
