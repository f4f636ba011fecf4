/* SPDX-License-Identifier: Apache-2.0 */
/**
 * What an RTOS supplies to the heap on firmware. A port must define os_heap_port_started,
 * os_heap_port_lock, os_heap_port_try_lock and os_heap_port_unlock. They have no default, because
 * a default would be a heap without locks; without them the link fails. A program without an OS
 * links libosheap_noos.a, which defines them. The others have weak defaults. To replace one, link
 * its definition as an object, or as a whole archive: the linker does not search archives for a
 * symbol that has a weak definition.
 */
#ifndef H_OS_HEAP_PORT_
#define H_OS_HEAP_PORT_

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/** The number of the heap's mutexes. The three calls below get a mutex as a number below this. */
#define OS_HEAP_PORT_MUTEXES 2u

/**
 * May there be more than one task or core from now on? Until this is true the heap locks nothing,
 * and from hardening level 1 on it reports a call by a second core that would need a mutex. If the
 * port needs a set-up call that is missing, it calls os_heap_port_fail here.
 */
bool os_heap_port_started(void);

/**
 * Is the caller an interrupt handler? Default: on M-profile the CPU tells; elsewhere true between
 * os_heap_interrupt_enter and os_heap_interrupt_leave on this core.
 */
bool os_heap_port_in_interrupt(void);

/**
 * May the calling task wait for another task? False while the scheduler is suspended,
 * and in any other state in which os_heap_port_lock must not be called. The heap calls this in
 * tasks, once os_heap_port_started is true, when os_heap_port_try_lock has failed. The heap itself
 * sees if interrupts are masked (PRIMASK, BASEPRI, FAULTMASK; CPSR.I; DAIF.I; mstatus.MIE), and
 * then never waits. Default: true.
 */
bool os_heap_port_may_wait(void);

/**
 * Mutexes between tasks of all cores, `mutex` < OS_HEAP_PORT_MUTEXES. The heap calls these only
 * once os_heap_port_started is true, and never in an interrupt. Lock may
 * block; the heap calls it only in tasks that may wait. Try-lock never blocks. The heap calls
 * try-lock and unlock also in tasks that may not wait: with interrupts masked, in critical
 * sections, and while the scheduler is suspended. The mutexes need not be recursive: the heap
 * never locks a mutex that it holds. Try-lock must fail if the caller is the holder (reported from
 * hardening level 1 on). Unlock publishes, and lock and a try-lock that succeeds observe, all
 * stores under the mutex. If a port can tell that the holder's task was deleted, it gives the mutex
 * to the next task that asks: the heap sees by a mark of its own that the holder ended inside
 * (OS_HEAP_ABANDONED).
 */
void os_heap_port_lock(unsigned mutex);
bool os_heap_port_try_lock(unsigned mutex);
void os_heap_port_unlock(unsigned mutex);

/** Called repeatedly while a task waits until another one has started the heap.
 * An RTOS lets other tasks run. Default: a pause instruction, or nothing. */
void os_heap_port_yield(void);

/**
 * Called once, when the heap has its region and before the heap is used. On
 * return, every other core must see the caller's earlier stores, even by loads that are not
 * ordered there. Default: nothing; the heap executes a barrier on this core before the call. That
 * is enough if the other cores have not started, or execute a barrier before they use the heap. So
 * let the heap start on one core: by os_heap_init, or by any first allocation before the OS starts.
 */
void os_heap_port_sync_cores(void);

/** A random word. The heap makes the seals of large blocks from it, and encodes links in free
 * blocks with it. Called once, when the heap starts, from hardening level 1 on. Default: a
 * constant, which detects accidents, but not a program that forges seals on purpose. */
uintptr_t os_heap_port_secret(void);

/** Called after misuse of the heap; `address` is the misused pointer, or block. Must not return and
 * must not allocate. Any context. Default: the CPU's trap instruction. */
__attribute__((noreturn)) void os_heap_port_fail(const char *reason, const void *address);

/** The heap's region, if os_heap_init was not called; false: there is none.
 * Default: from the linker symbol __osh_heap_start to __osh_heap_end. */
bool os_heap_port_region(void **region, size_t *bytes);

/**
 * On Armv7-A, AArch64 and RISC-V the CPU cannot tell that it is in an interrupt handler. There the
 * RTOS calls these at entry and at exit of the outermost handler, or of every handler, with
 * interrupts masked, on the handler's core. Calls that are not in pairs are reported.
 */
void os_heap_interrupt_enter(void);
void os_heap_interrupt_leave(void);

/**
 * For a board's bring-up: checks that the board supplies what the heap needs. All `cores` cores
 * call this at once, each with its own `self`, 0 to cores - 1; the callers must not migrate. It
 * checks
 *
 *   core number   the number by which a core finds its lists: distinct, stable, below OSH_CORES
 *   exclusives    additions and compare-and-swaps of several cores at once give exact results
 *   reservation   a store-exclusive fails if an exception came after its load. `interrupt`
 *                 takes an exception on the calling core, with a handler that returns as the
 *                 RTOS's do and uses no exclusives; NULL: not checked. On Armv7-A and v7-R the
 *                 handler's return must execute CLREX
 *   barriers      message passing, and stores before loads across a fence, for every two cores
 *
 * Returns NULL, or a sentence that says what is wrong; the same on all cores. The heap need not
 * have started, and no block is touched. A missing barrier shows only in some runs, so call it more
 * than once. Link libosheap_selftest.a.
 */
const char *os_heap_port_selftest(unsigned self, unsigned cores, void (*interrupt)(void));

#ifdef __cplusplus
}
#endif

#endif
