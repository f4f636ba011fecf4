/* SPDX-License-Identifier: Apache-2.0 */
/**
 * Linux only: what stands for an interrupt there is a signal handler.
 */
#ifndef H_OS_HEAP_LINUX_
#define H_OS_HEAP_LINUX_

#ifdef __cplusplus
extern "C" {
#endif

/**
 * Brackets the body of a signal handler, so that the heap knows it runs in one:
 * a large os_malloc then gives NULL at once instead of waiting for a mutex that
 * the interrupted code may hold. Handlers that only free, or only allocate
 * small sizes, need no brackets as long as memory lasts. They nest.
 */
void os_heap_signal_enter(void);
void os_heap_signal_leave(void);

#ifdef __cplusplus
}
#endif

#endif
