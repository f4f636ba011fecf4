/* SPDX-License-Identifier: Apache-2.0 */
#include "scenario.h"

extern const struct scenario slab_reserve, slab_deliver, slab_unlist, slab_list, slab_create,
    slab_kept, slab_release, slab_change, slab_handler, depot_slots, depot_both, magazine_swap,
    magazine_one_core, magazine_portable, magazine_full, reclaim_running, reclaim_migrating,
    reclaim_portable, reclaim_two, reclaim_idle, pair_aba, pair_reclaim, deferred_two,
    deferred_three, deferred_handler, deferred_before, arena_brink, arena_trim, arena_hint,
    start_heap, heap_brink;

const struct scenario *const scenarios[] = {
    &slab_reserve,     &slab_deliver,      &slab_unlist,       &slab_list,
    &slab_create,      &slab_kept,         &slab_release,      &slab_change,
    &slab_handler,     &depot_slots,       &depot_both,        &magazine_swap,
    &magazine_full,    &magazine_one_core, &magazine_portable, &reclaim_idle,
    &reclaim_running,  &reclaim_migrating, &reclaim_portable,  &reclaim_two,
    &pair_aba,         &pair_reclaim,      &deferred_two,      &deferred_three,
    &deferred_handler, &deferred_before,   &arena_brink,       &arena_trim,
    &arena_hint,       &start_heap,        &heap_brink,        NULL,
};
