/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Lists as words, changed by restartable sequences. A sequence is a few instructions that
 * end in one store. If the thread is preempted, migrated or interrupted by a signal inside
 * them, the kernel sends it back to their start. So between reading the CPU's number and
 * the store no other thread ran on that CPU, and no atomic instruction is needed.
 *
 * glibc (2.35 and later) registers the area, at the thread pointer plus
 * __rseq_offset. The sequences write only its rseq_cs word.
 *
 * A restart begins at the very first instruction, so no sequence changes an input operand before
 * the final store.
 *
 * The sequences themselves are in the CPU's folder:
 *
 *   osh_rseq_pop(index)            index into `word` of the CPU's lists
 *   osh_rseq_push(index, block)
 *   osh_rseq_exchange(index, word) the old word; 0, with nothing changed, when
 *                                  the list is stopped
 */
#ifndef OSH_RSEQ_H
#define OSH_RSEQ_H

#include "osh_lists.h"
#include "osh_rseq_cpu.h"

/* Does this thread have an rseq area that the kernel maintains? */
OSH_HIDDEN bool osh_rseq_available(void);
OSH_HIDDEN unsigned osh_rseq_core(void);
OSH_HIDDEN void osh_rseq_start(void);

/* Starts the lists of the core on which this runs. False: another thread has done so, or this
 * thread has no rseq area that the kernel maintains. */
OSH_HIDDEN bool osh_rseq_start_here(void);

/* Makes the stopped lists of the core empty and running. */
OSH_HIDDEN void osh_rseq_go_on(unsigned core);

OSH_HIDDEN bool osh_rseq_swap(enum osh_which which, unsigned cls, struct osh_chain *io);
OSH_HIDDEN bool osh_rseq_stop(unsigned core, void (*give)(unsigned, struct osh_chain));
OSH_HIDDEN struct osh_chain osh_rseq_peek(unsigned core, enum osh_which which, unsigned cls);

#endif
