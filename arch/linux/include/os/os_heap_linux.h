/* SPDX-License-Identifier: Apache-2.0 */
/**
 * Linux only: signal handlers, which are the interrupts there, and processes.
 *
 * fork: allowed while any number of threads use the heap. The child has a copy of the heap. Blocks
 * that other threads held are live in it. Blocks that other threads were moving inside a call are
 * lost: at most a magazine and one large block for each thread. A fork in a signal handler needs
 * the two calls below.
 *
 * vfork: the child runs on the parent's memory, and the kernel does not maintain its CPU number.
 * As POSIX says, it may only call exec and _exit; it must not call the heap.
 *
 * dlclose: a shared object that contains this heap stays loaded, because the kernel may read the
 * descriptor of a thread's last sequence long after the call.
 *
 * A thread that is cancelled or ends inside a call loses the blocks that the call was moving: at
 * most a magazine, or one large block; in os_heap_trim, or with memory out, the blocks that one
 * core had cached. If it ended in the newlib heap, the next thread that enters that heap reports it
 * (OS_HEAP_ABANDONED), and uses the heap if it is whole; if not, large requests give NULL from then
 * on.
 */
#ifndef H_OS_HEAP_LINUX_
#define H_OS_HEAP_LINUX_

#ifdef __cplusplus
extern "C" {
#endif

/**
 * Call these at the beginning and at the end of a signal handler that uses the heap. Between them a
 * large os_malloc gives NULL at once instead of waiting for a mutex. A handler that only frees, or
 * only allocates small sizes, does not need them unless memory is out. Without them a handler may
 * wait for another thread, but never for the code that it interrupted. They nest.
 * Contexts: signal handlers. Complexity: O(1).
 */
void os_heap_signal_enter(void);
void os_heap_signal_leave(void);

/**
 * Call this after a siglongjmp out of a handler. It resets the nesting of the calls above. If the
 * handler had interrupted a call of the heap, that call is abandoned, as if its thread had ended
 * inside. Contexts: the thread that jumped, outside of handlers.
 */
void os_heap_signal_reset(void);

#ifdef __cplusplus
}
#endif

#endif
