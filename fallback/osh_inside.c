/* SPDX-License-Identifier: Apache-2.0 */
#include "osh_inside.h"

#include "osh_gauge.h"
#include "osh_newlib.h"
#include "osh_report.h"
#include "osh_take.h"

OSH_VARIABLE struct osh_inside osh_inside;

/* Is newlib's heap sound? Then its blocks are counted anew. */
static bool is_whole(void)
{
    struct osh_newlib_walk walk = osh_newlib_walk();
    if (OSH_NEWLIB_COUNTS) {
        osh_inside.live_blocks = walk.blocks;
        osh_gauge_newlib(walk.bytes - osh_load(&osh_gauge.newlib));
    }
    return walk.wrong == NULL;
}

/* We have the mutex of one who ended inside, by leave of the OS. Its heap may be half changed: if
 * it is not whole, or nobody looks (in a build for size), nobody enters it any more. */
static bool take_over(void)
{
    if (osh_load(&osh_inside.inside) == OSH_SOMEBODY) {
        osh_report(OS_HEAP_ABANDONED, NULL, NULL);
        if (!OSH_SMALL_CODE && is_whole()) {
            return true;
        }
        /* Seen under the mutex, or as in begin(). */
        osh_store(&osh_inside.inside, OSH_NOBODY_EVER);
    }
    osh_arch_unlock(OSH_MUTEX_FALLBACK);
    return false;
}

static bool begin(bool with_mutex)
{
    /* Without a mutex we have interrupted the holder. */
    if (OSH_UNLIKELY(osh_load(&osh_inside.inside) != OSH_NOBODY) && (!with_mutex || !take_over())) {
        return false;
    }
    /* Seen by what interrupts this core; program order is enough. */
    osh_store(&osh_inside.inside, OSH_SOMEBODY);
    osh_inside.locked = with_mutex;
    return true;
}

bool osh_inside_get_in(bool wait)
{
    enum osh_taken taken = osh_take(OSH_MUTEX_FALLBACK, wait);
    return taken != OSH_REFUSED && begin(taken == OSH_LOCKED);
}
