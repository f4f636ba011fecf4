/* SPDX-License-Identifier: Apache-2.0 */
#include "osh_slab_open.h"

#include "osh_arena.h"
#include "osh_atomic.h"

#if OSH_VIRTUAL
void osh_slab_open_start(size_t pages)
{
    (void)pages;
}
#else
/* The largest size that opens slabs is 1/OPEN_PARTS of the region, at least OPEN_LEAST bytes. */
enum { OPEN_PARTS = 2048, OPEN_LEAST = 64, MAJORITY = 8, MOST_VOTES = 16, SCARCE = 8 };

static unsigned open_class, scale; /* written once */

/* Boyer and Moore's majority vote among the requests for larger sizes: the class that leads, and
 * its votes times 256. Publishes nothing; if another core stores at the same time, a vote is
 * lost. */
static osh_word_t leader;

void osh_slab_open_start(size_t pages)
{
    size_t bytes = OSH_SLAB_OPEN;
    if (bytes == 0) {
        size_t part = (pages << OSH_PAGE_LOG2) / OPEN_PARTS;
        for (bytes = OPEN_LEAST; 2 * bytes <= part && 2 * bytes <= OSH_SLAB_MAX; bytes *= 2) {
        }
    }
    open_class = osh_class_of(bytes);
    while (pages << OSH_PAGE_LOG2 << scale < OSH_RAM_BYTES / 2) {
        scale++;
    }
}

unsigned osh_slab_borrows_up_to(unsigned cls)
{
    size_t bytes = 2 * osh_class_bytes(cls);
    return bytes < OSH_SLAB_MAX ? osh_class_of(bytes) : OSH_CLASS_MAX;
}

unsigned osh_slab_scaled(unsigned count)
{
    bool scarce = osh_arena_free_pages() <= osh_arena.pages / SCARCE;
    return count >> scale > 0 && !scarce ? count >> scale : 1;
}

size_t osh_slab_open_bytes(void)
{
    return osh_class_bytes(open_class);
}

bool osh_slab_opens(unsigned cls)
{
    /* In a build for size a slab is one page, which suits few larger sizes. */
    if (OSH_SMALL_CODE || cls <= open_class) {
        return cls <= open_class;
    }
    osh_word_t now = osh_load(&leader);
    osh_word_t leads = now % 256;
    osh_word_t votes = now / 256;
    if (leads == cls) {
        votes += votes < MOST_VOTES;
    } else if (votes > 0) {
        votes--;
    } else {
        leads = cls;
    }
    osh_store(&leader, votes * 256 + leads);
    return leads == cls && votes >= MAJORITY;
}
#endif
