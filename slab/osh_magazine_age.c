/* SPDX-License-Identifier: Apache-2.0 */
/* Gives back what the lists and the depot hold and nobody takes, while the process grows. */
#include "osh_magazine.h"

#include "osh_arena.h"
#include "osh_class.h"
#include "osh_depot.h"
#include "osh_slab.h"

#if OSH_ARCH_DECOMMITS

/* A call looks at AT_ONCE classes. After each SOMETIMES classes keep_few() limits the long blocks
 * in this core's lists to 1/OF_THOSE_IN_USE of the pages in use. */
enum { AT_ONCE = 4, SOMETIMES = 4 * AT_ONCE, OF_THOSE_IN_USE = 16 };

/* Long blocks are cached once so many pages are in use (8 MiB): a core's lists of them hold up
 * to 0.94 MiB, which is much of a small process. */
#define LONG_FROM ((osh_word_t)8 << 20 >> OSH_PAGE_LOG2)

/* Of each core, or of a few: which class's turn it is, and the head that each list had then.
 * Advice: they publish nothing. */
static struct ages {
    osh_word_t turn OSH_ALIGNED(OSH_CACHELINE);
    osh_word_t seen[2][OSH_CLASSES];
} ages_of[OSH_DEPOT_PARTS];

/* Gives the list back if it has the head that it had a round ago. A list that was used meanwhile
 * may have the same head again, and after a migration the list is another core's: either costs that
 * core a refill. */
static void age(osh_word_t *seen, enum osh_which which, unsigned cls)
{
    osh_word_t head = (osh_word_t)osh_arch_peek(osh_arch_core(), which, cls).head;
    struct osh_chain chain = {NULL, 0};
    if (head != 0 && head == osh_load(seen) && osh_arch_exchange(which, cls, &chain) &&
        chain.count > 0) {
        osh_slab_put(cls, chain);
        head = 0;
    }
    osh_store(seen, head);
}

/* Gives back this core's lists of long blocks, but for so many bytes of the shortest. The lists and
 * `in_use` are snapshots; what a migration does is said above. */
static void keep_few(void)
{
    unsigned core = osh_arch_core();
    size_t left = osh_load(&osh_arena.in_use) / OF_THOSE_IN_USE << OSH_PAGE_LOG2;
    unsigned cls = osh_class_of(OSH_SINGLE_ABOVE) + 1;
    for (; cls <= OSH_CLASS_MAX; cls++) {
        struct osh_chain chain = osh_arch_peek(core, OSH_ACTIVE, cls);
        size_t bytes = chain.count * osh_class_bytes(cls);
        if (bytes <= left) {
            left -= bytes;
            continue;
        }
        chain = (struct osh_chain){NULL, 0};
        if (osh_arch_exchange(OSH_ACTIVE, cls, &chain) && chain.count > 0) {
            osh_slab_put(cls, chain);
        }
    }
}

void osh_magazine_age(unsigned cls)
{
    if (!osh_arch_has_long() && osh_load(&osh_arena.in_use) >= LONG_FROM) {
        osh_arch_start_long();
    }
    struct ages *ages = &ages_of[osh_arch_core() % OSH_DEPOT_PARTS];
    osh_word_t now = osh_load(&ages->turn);
    osh_store(&ages->turn, now + AT_ONCE);
    if (now % SOMETIMES == 0) {
        keep_few();
    }
    for (unsigned i = 0; i < AT_ONCE; i++) {
        unsigned other = (unsigned)((now + i) % OSH_CLASSES);
        if (other != 0 && other != cls) {
            age(&ages->seen[OSH_ACTIVE][other], OSH_ACTIVE, other);
            age(&ages->seen[OSH_SPARE][other], OSH_SPARE, other);
        }
    }
    if (OSH_DEPOT_PARTS > 1) {
        osh_depot_shrink(cls, osh_slab_put);
    }
}

#endif
