/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The machine that the explorer runs the library on: tasks on cores, and a memory
 * that is as weak as the contract of arch/atomic/osh_atomic.h lets it be.
 *
 * Memory. Each location keeps the values ever stored there, in one order. A load
 * may give any of them that is not older than one its task knows of; what a task
 * knows (its view) grows by what it does, and by acquiring what a release carried.
 * Read-modify-writes take the newest value and continue its release. A fence joins
 * the view with that of all fences before it, both ways. So a store may be seen
 * late by anybody, and in another order than others made near it, whenever the
 * contract allows. Not explored: a store that takes effect before a load ahead of
 * it, and two unordered stores of one location that land in another order than
 * they were made.
 *
 * Ordinary accesses (the compiler's instrumentation for ThreadSanitizer calls
 * race.c at each) must be ordered by all this: if two are not, that is a
 * violation. Therefore they need no steps of their own.
 *
 * Tasks. One at a time runs; before each step of it another may, or an interrupt
 * handler on top of it, or it may find itself on another core. Tasks that run on
 * one core in turn are ordered by it, and end each other's restartable sequences.
 *
 * With no task running (while a scenario sets up or checks) all is plain memory.
 */
#ifndef MACHINE_H
#define MACHINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum machine_order { MACHINE_RELAXED, MACHINE_ACQUIRE, MACHINE_RELEASE, MACHINE_ACQ_REL };

uintptr_t machine_load(const uintptr_t *word, enum machine_order order);
void machine_store(uintptr_t *word, uintptr_t value, enum machine_order order);

/* On failure a load: relaxed, and perhaps of an old value. Strong. */
bool machine_cas(uintptr_t *word, uintptr_t *expected, uintptr_t value, enum machine_order order);
uintptr_t machine_exchange(uintptr_t *word, uintptr_t value, enum machine_order order);
uintptr_t machine_fetch_add(uintptr_t *word, uintptr_t value, enum machine_order order);

/* On two adjacent words. */
bool machine_cas2(uintptr_t *target, uintptr_t *expected, uintptr_t first, uintptr_t second,
                  enum machine_order order);
uint8_t machine_load_byte(const uint8_t *byte);
void machine_store_byte(uint8_t *byte, uint8_t value);
void machine_fence(void);

/* A load that may race with an ordinary store, on purpose. The newest value. */
uintptr_t machine_racy_load(const uintptr_t *word);

/* The task goes on only when another has done something. */
void machine_yield(void);

/* The task goes on when the word, of which somebody else knows, is 0. */
void machine_wait_for_zero(const uintptr_t *word);

/* The core the task is on, as a step: it may be another right after. */
unsigned machine_core(void);
unsigned machine_interrupt_depth(void);

/* May the task wait for others? Not in a handler, nor if its scenario says so. */
bool machine_may_wait(void);

/* A point where anything may happen, between steps of code that has no atomics. */
void machine_step(const char *what);

/*
 * Restartable sequences and exclusive pairs: machine_begin opens one; from then on
 * machine_interrupted tells whether the task was preempted on its core, migrated,
 * fenced or interrupted.
 */
void machine_begin(void);
bool machine_interrupted(void);

/* The store that commits a sequence, if nothing has interrupted it: false when
 * something has. Relaxed or release. */
bool machine_commit(uintptr_t *word, uintptr_t value, enum machine_order order);

/* The load of an exclusive pair: machine_begin and a load as one step. */
uintptr_t machine_load_exclusive(const uintptr_t *word);

/* The store of an exclusive pair, as weak as an emulator's: false when something has
 * interrupted, or the word has another value now than was loaded. */
bool machine_store_exclusive(uintptr_t *word, uintptr_t loaded, uintptr_t value,
                             enum machine_order order);

/* Interrupts the sequences of all tasks on the core, or of all (-1), and orders
 * what they did against what the caller did, both ways. */
void machine_fence_core(int core);

/* As machine_fence_core for everybody, without interrupting. */
void machine_fence_all(void);

/* Ends the execution as one that broke a promise. */
_Noreturn void machine_fail(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
