/* SPDX-License-Identifier: Apache-2.0 */
/**
 * Linux only: signal handlers, which stand for interrupts there, and processes.
 *
 * fork: from any number of threads at work. The child has the heap as it was; what
 * other threads held is live there, and what they were moving in the middle of a call
 * is lost: at most a magazine and one large block a thread. A fork in a signal handler
 * wants the brackets below.
 *
 * vfork: the child runs on the parent's memory, and the kernel does not keep its CPU number.
 * As POSIX says, it may do nothing but exec and _exit; it must not call the heap.
 *
 * dlclose: a shared object with this heap in it stays loaded. The kernel may look at a
 * thread's last sequence long after the call.
 *
 * A thread that is cancelled or ends inside a call loses what it was moving: at most a
 * magazine, or one large block; in os_heap_trim, or with memory out, what one core had
 * cached. If it was in the newlib heap, the next one who comes
 * there reports it (OS_HEAP_ABANDONED) and goes on with that heap if it is whole; if not,
 * large requests are NULL from then on.
 */
#ifndef H_OS_HEAP_LINUX_
#define H_OS_HEAP_LINUX_

#ifdef __cplusplus
extern "C" {
#endif

/**
 * Brackets the body of a signal handler, so that the heap knows it runs in one:
 * a large os_malloc then gives NULL at once instead of waiting for a mutex.
 * Handlers that only free, or only allocate small sizes, need no brackets as long as
 * memory lasts. Without brackets a handler may wait for another thread, never for the code
 * that it interrupted. They nest.
 */
void os_heap_signal_enter(void);
void os_heap_signal_leave(void);

/**
 * After a siglongjmp out of a handler: forgets the brackets that were not closed. If
 * the handler had interrupted a call of the heap, that call is abandoned as when its
 * thread ends in it. Contexts: the thread that jumped, outside of handlers.
 */
void os_heap_signal_reset(void);

#ifdef __cplusplus
}
#endif

#endif
