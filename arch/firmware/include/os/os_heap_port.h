/* SPDX-License-Identifier: Apache-2.0 */
/**
 * What an RTOS supplies to the heap on firmware. The first four an RTOS port
 * must define: leaving one out fails the link, since a default there would be a
 * heap without locks. A program without an OS links libosheap_noos.a for them.
 * The others have weak defaults; to replace one, link the object that defines
 * it as an object (or a whole archive), so that the linker need not look for it.
 */
#ifndef H_OS_HEAP_PORT_
#define H_OS_HEAP_PORT_

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/** The heap's mutexes, as numbers for the three calls below. */
#define OS_HEAP_PORT_MUTEXES 2u

/**
 * May there be more than one task or core from now on? Until this is true the
 * heap locks nothing.
 */
bool os_heap_port_started(void);

/**
 * Is the caller an interrupt handler? Default: what the CPU tells (M-profile),
 * elsewhere whether os_heap_interrupt_enter has been called on this core.
 */
bool os_heap_port_in_interrupt(void);

/**
 * May the calling task wait for another one? False while the scheduler is suspended,
 * and in any other state in which os_heap_port_lock must not be called. Asked of tasks
 * once os_heap_port_started is true. The heap itself sees that interrupts are masked
 * (PRIMASK, BASEPRI, FAULTMASK; CPSR.I; DAIF.I; mstatus.MIE), and does not wait then,
 * whatever this says. Default: true.
 */
bool os_heap_port_may_wait(void);

/**
 * Mutexes between tasks of all cores, `mutex` < OS_HEAP_PORT_MUTEXES. Only
 * called once os_heap_port_started is true, never in an interrupt. Lock may
 * block, and is called only where the caller may wait. Try-lock never blocks; it and
 * unlock are also called by tasks that may not wait: with interrupts masked, in critical
 * sections, and while the scheduler is suspended. They need not be recursive: the heap
 * never locks one that it holds, and try-lock must fail when the caller is the holder.
 * Lock observes, unlock publishes what was written under the mutex. A port that can tell that
 * the holder's task was deleted gives the mutex to the next one who asks: the heap
 * sees by a mark of its own that somebody left (OS_HEAP_ABANDONED), and whether it can go on.
 */
void os_heap_port_lock(unsigned mutex);
bool os_heap_port_try_lock(unsigned mutex);
void os_heap_port_unlock(unsigned mutex);

/** Called while a task waits for another one to finish starting the heap.
 * Default: nothing. An RTOS lets other tasks run. */
void os_heap_port_yield(void);

/**
 * Called once, when the heap has got its region and before it is used. On
 * return, what the caller wrote must be visible to every other core, even to
 * loads that are not ordered there. Default: a barrier on this core, which is
 * enough while the other cores have not started, or come through a barrier
 * before they use the heap. So let the heap start on one core: by os_heap_init,
 * or by any first allocation before the OS starts.
 */
void os_heap_port_sync_cores(void);

/** From hardening level 1 on, once, when the heap starts: a word from a source of
 * randomness, of which seals of large blocks are made and with which links in free blocks are
 * encoded. Default: a constant, which detects accidents but no intent. */
uintptr_t os_heap_port_secret(void);

/** Misuse of the heap: `address` is what it is about. Must not return, must not
 * allocate. Any context. Default: the CPU's trap instruction. */
__attribute__((noreturn)) void os_heap_port_fail(const char *reason, const void *address);

/** The region of a heap that was not given one by os_heap_init; false: none.
 * Default: from the linker symbol __osh_heap_start to __osh_heap_end. */
bool os_heap_port_region(void **region, size_t *bytes);

/**
 * Where the CPU cannot tell that it is in an interrupt handler (Armv7-A,
 * AArch64, RISC-V), the RTOS says so: at entry and at exit of the outermost or
 * of every handler, with interrupts masked, on the handler's core.
 */
void os_heap_interrupt_enter(void);
void os_heap_interrupt_leave(void);

/**
 * For a board's bring-up: does it keep what the heap leans on? Several cores call this at
 * once, each with its own `self`, 0 to cores - 1, and stay where they are. It checks
 *
 *   core number   the number that leads to a core's lists: distinct, stable, below OSH_CORES
 *   exclusives    what several cores add and compare-and-swap at once comes out exact
 *   reservation   a store-exclusive fails when an exception came behind its load. `interrupt`
 *                 takes one on the calling core, by a handler that returns as the RTOS's do
 *                 and uses no exclusives; NULL: not checked. On Armv7-A and v7-R it is
 *                 CLREX that the handler's return needs
 *   barriers      message passing, and stores before loads across a fence, of every two cores
 *
 * Returns, on all cores the same, NULL or what is wrong in words. The heap need not have
 * started, and no block is touched. What depends on luck (barriers) is seen in one of
 * some runs only: call it more than once. Link libosheap_selftest.a.
 */
const char *os_heap_port_selftest(unsigned self, unsigned cores, void (*interrupt)(void));

#ifdef __cplusplus
}
#endif

#endif
