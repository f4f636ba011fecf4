/* SPDX-License-Identifier: Apache-2.0 */
#include "osh_inside.h"

#include "osh_gauge.h"
#include "osh_newlib.h"
#include "osh_report.h"

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

/* By leave of the OS. The heap may be half changed. In a build for size nobody looks. */
bool osh_inside_take_over(void)
{
    if (osh_load(&osh_inside.inside) == OSH_SOMEBODY) {
        osh_report(OS_HEAP_ABANDONED, NULL, NULL);
        if (!OSH_SMALL_CODE && is_whole()) {
            return true;
        }
        /* Seen under the mutex, or as in osh_inside_begin(). */
        osh_store(&osh_inside.inside, OSH_NOBODY_EVER);
    }
    osh_arch_unlock(OSH_MUTEX_FALLBACK);
    return false;
}
