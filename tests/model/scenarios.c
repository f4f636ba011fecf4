/* SPDX-License-Identifier: Apache-2.0 */
/* All scenarios, but those about what this build has not: they could not fail. */
#include "arch.h"
#include "osh_config.h"
#include "scenario.h"

extern const struct scenario litmus_sb, litmus_sb_fence, litmus_mp, litmus_mp_relaxed,
    litmus_mp_no_acquire, litmus_release_sequence, litmus_coherence, litmus_sequence,
    litmus_sequence_two_cores, litmus_sequence_migrates;
extern const struct scenario slab_reserve, slab_deliver, slab_unlist, slab_list, slab_create,
    slab_empty, slab_other_class, slab_release, slab_change, slab_handler, depot_slots, depot_both,
    depot_reclaim, depot_parts, depot_top, magazine_swap, magazine_aba, magazine_one_core,
    magazine_portable, magazine_full, magazine_halved, reclaim_running, reclaim_migrating,
    reclaim_interrupted, reclaim_portable, reclaim_two, reclaim_idle, pair_aba, pair_reclaim,
    deferred_two, deferred_three, deferred_handler, deferred_before, deferred_look,
    deferred_reclaim, null_unlist, null_depot, null_empty, null_bound, null_reclaim, null_fallback,
    null_start, run_release, arena_brink, arena_trim, arena_row, arena_ahead, gaps_merge,
    gaps_stale, gaps_sums, gaps_split, gaps_ahead, arena_run, arena_hint, arena_open,
    arena_open_late, start_heap, heap_brink, kept_slots, kept_two_ways, kept_claim, kept_rows,
    kept_row_claim, brink_small, brink_large, brink_left, brink_go_on, brink_depot,
    brink_first_small, brink_first_large, brink_deferred, bank_rows, bank_end, bank_once;

const struct scenario *const scenarios[] = {
    &litmus_sb,
    &litmus_sb_fence,
    &litmus_mp,
    &litmus_mp_relaxed,
    &litmus_mp_no_acquire,
    &litmus_release_sequence,
    &litmus_coherence,
    &litmus_sequence,
    &litmus_sequence_two_cores,
    &litmus_sequence_migrates,
    &slab_reserve,
    &slab_deliver,
    &slab_unlist,
    &slab_list,
    &slab_create,
    &slab_empty,
    &slab_other_class,
    &slab_release,
    &slab_change,
    &slab_handler,
#if OSH_RUN_LOG2 > 0
    &run_release,
#endif
#if OSH_DEPOT_SLOTS > 0
    &depot_slots,
    &depot_both,
    &depot_reclaim,
    &depot_parts,
    &depot_top,
#endif
    &magazine_swap,
    &magazine_aba,
    &magazine_full,
    &magazine_halved,
    &magazine_one_core,
    &magazine_portable,
    &reclaim_idle,
    &reclaim_running,
    &reclaim_migrating,
    &reclaim_interrupted,
    &reclaim_portable,
    &reclaim_two,
    &pair_aba,
    &pair_reclaim,
    &deferred_two,
    &deferred_three,
    &deferred_handler,
    &deferred_before,
    &deferred_look,
    &deferred_reclaim,
#if OSH_KEPT_BYTES > 0
    &kept_slots,
    &kept_two_ways,
    &kept_claim,
#endif
    &brink_small,
    &brink_large,
    &brink_left,
    &brink_go_on,
    &brink_first_small,
    &brink_first_large,
    &brink_deferred,
#if OSH_DEPOT_SLOTS > 0
    &brink_depot,
#endif
    &null_unlist,
#if OSH_DEPOT_SLOTS > 0
    &null_depot,
#endif
    &null_empty,
    &null_bound,
    &null_reclaim,
    &null_fallback,
    &null_start,
    &arena_brink,
#if OSH_ARCH_DECOMMITS
    &arena_trim,
#if OSH_ROW_LEAST > 0
    &arena_row,
    &arena_ahead,
    &gaps_merge,
    &gaps_stale,
    &gaps_sums,
    &gaps_split,
    &gaps_ahead,
    &kept_rows,
    &kept_row_claim,
#endif
#if OSH_RUN_LOG2 > 0
    &arena_run,
#endif
#endif
    &arena_hint,
#if OSH_ARCH_OPENS
    &arena_open,
    &arena_open_late,
#endif
    &bank_rows,
    &bank_end,
    &bank_once,
    &start_heap,
    &heap_brink,
    NULL,
};
