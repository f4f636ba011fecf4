/* SPDX-License-Identifier: Apache-2.0 */
#include "osh_fallback.h"

#include "osh_arena.h"
#include "osh_brink.h"
#include "osh_deferred.h"
#include "osh_gauge.h"
#include "osh_inside.h"
#include "osh_kept.h"
#include "osh_newlib.h"
#include "osh_report.h"
#include "osh_row.h"
#include "osh_seal.h"

/* Blocks that were left to the next request: see leave_to_a_request(). A count, which publishes
 * nothing; two cores that free at the same time may count one. */
enum { LEFT_MOST = 4, LEFT_PART = 32 };
static osh_word_t left;

/* From level 1 on: is there a reason why newlib must not have the block? That is reported. */
static bool has_fault(enum os_heap_misuse misuse, void *block, const void *caller)
{
    misuse = misuse != 0 ? misuse : osh_newlib_fault_beside(block);
    if (OSH_UNLIKELY(misuse != 0)) {
        osh_report(misuse, block, caller);
    }
    return misuse != 0;
}

/* Under the mutex, which whoever looks for memory takes. */
static void came_free(void)
{
    osh_inside.loose = true;
    osh_brink_came_free();
}

/* To newlib, unless that must not have the block. From level 1 on its seal is broken then, so
 * that nobody frees it again. */
static bool free_unless(enum os_heap_misuse misuse, void *block, const void *caller)
{
    if (OSH_HARDENING > 0) {
        if (has_fault(misuse, block, caller)) {
            return false;
        }
        osh_seal_set(block, OSH_SEAL_FREED);
    }
    osh_gauge_newlib_freed(osh_newlib_usable(block));
    osh_newlib_free(block);
    osh_inside.live_blocks--;
    return true;
}

/* One that was claimed a while ago. */
static bool free_deferred(void *block)
{
    return free_unless(OSH_HARDENING > 0 ? osh_seal_fault(block, OSH_SEAL_DEFERRED) : 0, block,
                       NULL);
}

static void free_kept(void *block)
{
    (void)free_deferred(block);
    came_free();
}

/* A link that leads out of newlib's pages was overwritten. */
static bool leads_on(const void *block)
{
    return OSH_HARDENING == 0 ||
           (osh_arena_holds(block) && osh_arena_is_newlib(osh_arena_page(block)) &&
            (uintptr_t)block % OSH_ALIGN == 0);
}

void osh_fallback_drain(void)
{
    void *block;
    while ((block = osh_deferred_take_all()) != NULL) {
        if (OSH_BRINK_STOPS) {
            osh_store(&left, 0); /* publishes nothing */
        }
        while (block != NULL) {
            if (OSH_UNLIKELY(!leads_on(block))) {
                osh_report(OS_HEAP_BAD_LINK, block, NULL);
                break;
            }
            void *next = osh_deferred_next(block);
            if (OSH_UNLIKELY(!free_deferred(block))) {
                break; /* a block that was deferred twice makes the list a ring */
            }
            osh_inside.loose = true;
            osh_inside.drained++;
            block = next;
        }
    }
}

/*
 * Nobody may leave a block behind. Who defers one tries the lock after the
 * push; who lets go looks at the list after the unlock. The fence in between on
 * either side means that at least one of them sees the other.
 */
static void leave(void)
{
    do {
        osh_fallback_drain();
    } while (osh_inside_let_go() && osh_inside_try());
}

bool osh_fallback_hold(void)
{
    return osh_inside_enter(0);
}

void osh_fallback_let_go(void)
{
    leave();
}

/* What newlib's malloc aligns to; less than OSH_ALIGN on RV32. */
#define NEWLIB_ALIGN (2 * sizeof(void *))

static void *sealed(void *block)
{
    if (OSH_HARDENING > 0 && block != NULL) {
        osh_seal_set(block, OSH_SEAL_LIVE);
    }
    return block;
}

static void *from_newlib(size_t alignment, size_t size)
{
    if (OSH_ALIGN > NEWLIB_ALIGN && alignment < OSH_ALIGN) {
        alignment = OSH_ALIGN;
    }
    size = osh_seal_padded(size);
    void *block =
        alignment > NEWLIB_ALIGN ? osh_newlib_memalign(alignment, size) : osh_newlib_malloc(size);
    if (block != NULL) {
        osh_inside.live_blocks++;
        osh_gauge_newlib(osh_newlib_usable(block));
    }
    return block;
}

/* Gives back the kept blocks and newlib's free top; its whole heap if no block of it is live. */
static void give_back_free(void)
{
    if (OSH_KEPT_BYTES > 0) {
        osh_kept_reclaim(free_kept);
    }
    if (osh_inside.live_blocks == 0) {
        osh_newlib_reset();
        osh_arena_reset_break();
    } else if (osh_inside.loose) {
        osh_newlib_trim();
    }
    osh_inside.loose = false;
}

void *osh_fallback_ask(size_t alignment, size_t size, bool *asked)
{
    void *row = osh_row_get(alignment, size, false);
    if (row != NULL) {
        *asked = false;
        return row;
    }
    /* newlib looks for their sum, which is no less than this. */
    *asked = osh_inside_enter(alignment | size);
    if (!*asked) {
        return NULL;
    }
    if (OSH_KEPT_BYTES > 0 && !osh_brink_is_out()) {
        osh_kept_limit();
    }
    osh_fallback_drain(); /* first, since it may be all there is */
    void *block = sealed(from_newlib(alignment, size));
    if (block == NULL && osh_brink_is_out()) {
        /* What comes free wipes the mark of osh_brink_look(), and that looks again. */
        give_back_free();
    }
    leave(); /* who drains looks at the seals beside what is freed */
    return block;
}

void osh_fallback_start(size_t region)
{
    osh_row_start(region);
    if (OSH_KEPT_BYTES > 0) {
        osh_kept_start(region);
    }
}

void *osh_fallback_resize(void *block, size_t size)
{
    if (osh_row_is(block)) {
        return osh_arena_spans(size) ? osh_row_resize(block, size) : NULL;
    }
    if (!osh_inside_enter(size)) {
        return NULL;
    }
    void *resized = NULL;
    if (OSH_HARDENING == 0 || !has_fault(osh_seal_fault(block, OSH_SEAL_LIVE), block, NULL)) {
        size_t before = osh_newlib_usable(block);
        resized = osh_newlib_resize(block, osh_seal_padded(size));
        osh_gauge_newlib(osh_newlib_usable(resized != NULL ? resized : block) - before);
        if (OSH_HARDENING > 0) {
            osh_seal_set(resized != NULL ? resized : block, OSH_SEAL_LIVE);
        }
        came_free(); /* where it was cut, or moved away from */
    }
    leave();
    return resized;
}

OSH_APART bool free_or_defer(void *block, const void *caller)
{
    if (osh_inside_try()) {
        (void)free_unless(0, block, caller);
        came_free();
        if (OSH_KEPT_BYTES > 0) {
            osh_kept_turn_over(free_kept);
        }
        leave();
        return true;
    }
    osh_deferred_push(block);
    osh_fence_atomic_load(); /* push, then try: pairs with the fence in osh_inside_let_go() */
    osh_brink_came_free();   /* likewise: pairs with osh_brink_look() */
    if (osh_inside_try()) {
        leave();
    }
    return true;
}

/* While memory is out: leaves the block to the next request, which needs the mutex anyway and
 * drains. At most LEFT_MOST blocks wait, and as many more as other cores free at the same time; no
 * block is larger than 1/LEFT_PART of the region. False: too many, or too large. */
static bool leave_to_a_request(void *block)
{
    osh_word_t before = osh_load(&left);
    if (before == LEFT_MOST ||
        osh_newlib_usable(block) > (osh_arena.pages << OSH_PAGE_LOG2) / LEFT_PART) {
        return false;
    }
    osh_store(&left, before + 1); /* publishes nothing */
    osh_deferred_push(block);
    osh_fence_atomic_load(); /* push, then look: pairs with osh_brink_look(), */
    osh_brink_came_free();   /* whose look drains */
    return true;
}

static bool free_row(void *block)
{
    if (!osh_row_claim(block)) {
        return false;
    }
    bool keeps = OSH_KEPT_BYTES > 0 && !osh_brink_is_out();
    if (!keeps || !osh_kept_put(block, osh_row_bytes(block))) {
        osh_row_free(block);
        if (OSH_KEPT_BYTES > 0) {
            osh_kept_follow();
        }
    }
    return true;
}

bool osh_fallback_free(void *block, const void *caller)
{
    if (osh_row_is(block)) {
        return free_row(block);
    }
    if (OSH_HARDENING > 0 && OSH_UNLIKELY(!osh_seal_claim(block))) {
        return false;
    }
    if (OSH_UNLIKELY(osh_brink_is_out())) {
        if (!OSH_VIRTUAL && leave_to_a_request(block)) {
            return true;
        }
    } else if (OSH_KEPT_BYTES > 0 && osh_kept_put(block, osh_newlib_usable(block))) {
        return true;
    }
    return free_or_defer(block, caller);
}

void osh_fallback_reclaim(void)
{
    if (osh_inside_enter(0)) {
        osh_fallback_drain();
        give_back_free();
        leave();
    }
}
