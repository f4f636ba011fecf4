/* SPDX-License-Identifier: Apache-2.0 */
#include "inject.h"

#include "osh_arena.h"

#include <stdatomic.h>

__typeof__(osh_arena_claim_run) __real_osh_arena_claim_run;
__typeof__(osh_arena_claim_run) __wrap_osh_arena_claim_run;
__typeof__(osh_arena_claim_page) __real_osh_arena_claim_page;
__typeof__(osh_arena_claim_page) __wrap_osh_arena_claim_page;
__typeof__(osh_arena_sbrk) __real_osh_arena_sbrk;
__typeof__(osh_arena_sbrk) __wrap_osh_arena_sbrk;
__typeof__(osh_arena_extend_break) __real_osh_arena_extend_break;
__typeof__(osh_arena_extend_break) __wrap_osh_arena_extend_break;

static enum inject_kind armed = INJECT_KINDS;
static size_t first;
static size_t last;
static atomic_size_t calls;
static atomic_bool failed;

void inject(enum inject_kind kind, size_t n, size_t streak)
{
    first = n;
    last = n + streak - 1;
    atomic_store(&calls, 0);
    atomic_store(&failed, false);
    armed = kind;
}

bool inject_stop(void)
{
    armed = INJECT_KINDS;
    return atomic_load(&failed);
}

bool inject_armed(void)
{
    return armed != INJECT_KINDS && atomic_load(&calls) < last;
}

bool inject_has_failed(void)
{
    return armed != INJECT_KINDS && atomic_load(&failed);
}

static bool fails(enum inject_kind kind)
{
    if (kind != armed) {
        return false;
    }
    size_t call = atomic_fetch_add(&calls, 1) + 1;
    if (call < first || call > last) {
        return false;
    }
    atomic_store(&failed, true);
    return true;
}

size_t __wrap_osh_arena_claim_run(unsigned run)
{
    return fails(INJECT_PAGES) ? OSH_NO_PAGE : __real_osh_arena_claim_run(run);
}

bool __wrap_osh_arena_claim_page(size_t page)
{
    return !fails(INJECT_PAGES) && __real_osh_arena_claim_page(page);
}

/* Within the pages the break has it cannot fail: newlib's second call, which only
 * goes to the end of a page, never does. */
static bool needs_a_page(ptrdiff_t increment)
{
    return increment > 0 && (uintptr_t)increment > -osh_arena.brk % OSH_PAGE_BYTES;
}

void *__wrap_osh_arena_sbrk(ptrdiff_t increment)
{
    return needs_a_page(increment) && fails(INJECT_GROWTH) ? (void *)-1
                                                           : __real_osh_arena_sbrk(increment);
}

bool __wrap_osh_arena_extend_break(uintptr_t bytes)
{
    return !(needs_a_page((ptrdiff_t)bytes) && fails(INJECT_GROWTH)) &&
           __real_osh_arena_extend_break(bytes);
}
