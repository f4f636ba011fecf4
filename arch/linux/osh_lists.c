/* SPDX-License-Identifier: Apache-2.0 */
#include "osh_lists.h"

#include "osh_brink.h"
#include "osh_linux.h"
#include "osh_take.h"

/* A bit for each core whose lists a thread has started, or is starting. */
static osh_word_t claimed[OSH_LISTS_MOST / OSH_WORD_BITS];
static osh_word_t cores_claimed = 1;

OSH_VARIABLE osh_word_t osh_arch_long_too; /* written under the mutex of a reclaim */

OSH_VARIABLE struct osh_lists osh_lists_few[OSH_STOPPED_LISTS + 1];

unsigned osh_lists_start(unsigned cores)
{
    cores = cores < OSH_LISTS_MOST ? cores : OSH_LISTS_MOST;
    struct osh_lists *lists = osh_linux_zeroed((OSH_STOPPED_LISTS + cores) * sizeof(*lists));
    osh_hot.lists = (lists != NULL ? lists : osh_lists_few) + OSH_STOPPED_LISTS;
    return lists != NULL ? cores : 1;
}

/* Under the mutex, so that no list begins while memory is out and all are to be stopped. */
static bool begin(unsigned core, osh_word_t *word, osh_word_t bit, void (*go_on)(unsigned core))
{
    if ((osh_fetch_or(word, bit) & bit) != 0) {
        return false;
    }
    osh_raise(&cores_claimed, core + 1); /* publishes nothing: a list says whether it is stopped */
    if (!osh_brink_is_out()) {
        go_on(core);
    }
    return true;
}

bool osh_lists_begin(unsigned core, void (*go_on)(unsigned core))
{
    osh_word_t *word = &claimed[core / OSH_WORD_BITS];
    osh_word_t bit = (osh_word_t)1 << (core % OSH_WORD_BITS);
    if ((osh_load(word) & bit) != 0) {
        return false;
    }
    enum osh_taken taken = osh_take(OSH_MUTEX_RECLAIM, false);
    bool begun = taken != OSH_REFUSED && begin(core, word, bit, go_on);
    if (taken == OSH_LOCKED) {
        osh_arch_unlock(OSH_MUTEX_RECLAIM);
    }
    return begun;
}

void osh_arch_start_long(void)
{
    enum osh_taken taken = osh_take(OSH_MUTEX_RECLAIM, false);
    if (taken == OSH_REFUSED) {
        return;
    }
    osh_store(&osh_arch_long_too, 1); /* publishes nothing */
    for (unsigned core = 0; !osh_brink_is_out() && core < osh_lists_cores(); core++) {
        osh_arch_go_on(core);
    }
    if (taken == OSH_LOCKED) {
        osh_arch_unlock(OSH_MUTEX_RECLAIM);
    }
}

bool osh_lists_may_run(unsigned cls)
{
    return !osh_class_is_long(cls) || osh_arch_has_long();
}

unsigned osh_lists_cores(void)
{
    return (unsigned)osh_load(&cores_claimed);
}
