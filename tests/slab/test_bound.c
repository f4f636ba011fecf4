/* SPDX-License-Identifier: Apache-2.0 */
/* What caches hold at most, which is a matter of cores and not of threads, and that all of
 * it comes back. */
#include "crew.h"
#include "fresh_heap.h"
#include "os/os_heap.h"
#include "osh_depot.h"
#include "osh_magazine.h"
#include "reclaim.h"
#include "sizes.h"

/* On one thread: the blocks in the lists of all cores. */
static unsigned listed(unsigned cls)
{
    unsigned count = 0;
    for (unsigned core = 0; core < osh_arch_cores(); core++) {
        count += (unsigned)osh_arch_peek(core, OSH_ACTIVE, cls).count;
        count += (unsigned)osh_arch_peek(core, OSH_SPARE, cls).count;
    }
    return count;
}

static void reclaim_takes_everything_from_every_core_and_class(void)
{
    if (OSH_HARDENING >= 2) {
        skip_because("some blocks wait in quarantine");
    }
    for (unsigned cpu = 0; cpu < usable_cpus(); cpu++) {
        pin_to_cpu(cpu);
        FOR_EACH_BOUNDARY(size)
        {
            os_free(os_malloc(size));
        }
    }
    reclaim_magazines();
    FOR_EACH_CLASS(cls)
    {
        assert_int_equal(listed(cls), 0);
        assert_null(osh_depot_get(cls).head);
    }
    struct os_heap_stats stats;
    os_heap_stats(&stats);
    assert_int_equal(stats.slab_pages, 0);
}

#define CROWD 64

/* What magazines of this many cores and the depot can hold. */
static size_t bound_for(unsigned cores)
{
    size_t bound = 0;
    FOR_EACH_CLASS(cls)
    {
        const struct osh_class *info = &osh_class_info[cls];
        bound += (2 * (size_t)cores + info->depot) * info->magazine * info->bytes;
    }
    return bound;
}

static void churn(unsigned member, void *shared)
{
    void *held[32] = {NULL};
    uint64_t seed = member + 1;
    (void)shared;
    for (unsigned i = 0; i < rounds(20000); i++) {
        size_t slot = random_below(&seed, 32);
        os_free(held[slot]);
        held[slot] = os_malloc(random_below(&seed, (size_t)8 << random_below(&seed, 8)));
        assert_non_null(held[slot]);
    }
    for (unsigned slot = 0; slot < 32; slot++) {
        os_free(held[slot]);
    }
}

static void cached_memory_of_64_threads_is_bounded_by_the_cores(void)
{
    struct os_heap_stats stats;
    os_heap_stats(&stats); /* starts the heap */
    run_crew(CROWD, churn, NULL);
    os_heap_stats(&stats);
    assert_int_equal(stats.live, 0);
    assert_in_range(stats.cached, 1, bound_for(stats.cores));
    assert_true(bound_for(stats.cores) <= stats.cached_bound);
    (void)os_heap_trim();
    os_heap_stats(&stats);
    assert_int_equal(stats.cached, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        in_fresh_heap(reclaim_takes_everything_from_every_core_and_class, ROOMY_HEAP),
        in_fresh_heap(cached_memory_of_64_threads_is_bounded_by_the_cores, PLATFORM_REGION),
    };
    return cmocka_run_group_tests_name("slab/bound", tests, NULL, NULL);
}
