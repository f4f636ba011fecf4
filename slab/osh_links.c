/* SPDX-License-Identifier: Apache-2.0 */
#include "osh_links.h"

#include "osh_arena.h"
#include "osh_harden.h"
#include "osh_report.h"

bool osh_links_is_object(unsigned cls, const void *block)
{
    return osh_arena_class_at(block) == cls && osh_is_start(cls, (uintptr_t)block - osh_arena.base);
}

void *osh_links_pop_checked(unsigned cls, struct osh_chain *chain)
{
    void *block = chain->head;
    struct osh_chain below = {NULL, 0};
    bool sound = osh_links_is_object(cls, block);
    if (sound) {
        below = (struct osh_chain){osh_links_next(block), chain->count - 1};
        sound = below.count == 0 ? below.head == NULL : osh_links_is_object(cls, below.head);
    }
    if (sound) {
        /* Compares all words of the link, not only the address in it. */
        osh_word_t link[OSH_LINK_WORDS];
        const osh_word_t *words = block;
        struct osh_chain again = below;
        for (unsigned i = 0; i < OSH_LINK_WORDS; i++) {
            link[i] = words[i];
        }
        osh_links_push(cls, &again, block);
        for (unsigned i = 0; i < OSH_LINK_WORDS; i++) {
            sound = sound && link[i] == words[i];
        }
    }
    if (OSH_UNLIKELY(!sound)) {
        *chain = (struct osh_chain){NULL, 0};
        osh_report(OS_HEAP_BAD_LINK, block, NULL);
        return NULL;
    }
    *chain = below;
    return block;
}
