/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of the injection image share; inject.c says what it is for. */
#ifndef INJECT_H
#define INJECT_H

#include "osh_chain.h"

#include <stdbool.h>
#include <stdint.h>

/* aim.c: the sled before an operation, and the counter it is aligned by. The sled has
 * INJECT_SLED instructions, of which a shot runs through INJECT_SLED_FROM at least, or
 * through INJECT_SLED_LONG where the operation has a report to make before it ends. */
#define INJECT_SLED 960u
#define INJECT_SLED_FROM 480u
#define INJECT_SLED_LONG 240u
void inject_start_counter(void);
void inject_align_to_tick(void);
void inject_wait_in_sled(unsigned instructions);

/* places.c: where the timer has interrupted. A row ends where the shots do not each come
 * an instruction later than the one before. */
void inject_record(uintptr_t pc);
void inject_record_moved(uintptr_t pc); /* and the task went on on another core */
void inject_end_rows(void);
void inject_print_places(void);

/* blocks.c: blocks of one class, each in our hands or on a list. What the handler does
 * to the list that it has interrupted an operation on: */
enum interference { POP_ONE, PUSH_ONE, SWAP_SECOND, TAKE_ALL, INTERFERENCES, NEUTRAL };
#define INJECT_SIZE 24u
extern unsigned inject_cls;
extern unsigned inject_limit; /* of its lists */
void inject_blocks_start(void);
void inject_hold(void *block);
void inject_hold_chain(struct osh_chain chain);
void *inject_give(void);
void inject_interfere(enum interference interference);

/* Everything in hand but `length` blocks on the active list; `moving`: from the lists of
 * `home`, the task's core, and of the other one. */
void inject_prepare(unsigned length, bool moving, unsigned home);

/* What is on lists, and what is held, is what there was: each block once. */
void inject_check_blocks(void);

#endif
