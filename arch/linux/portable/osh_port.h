/* SPDX-License-Identifier: Apache-2.0 */
/* Linux with the portable port only: pairs are the fast path. */
#ifndef OSH_PORT_H
#define OSH_PORT_H

#include "osh_pairs.h"

#define OSH_ARCH_OPENS 1

OSH_INLINE void *osh_arch_pop(unsigned cls)
{
    return osh_pairs_pop(cls);
}

OSH_INLINE bool osh_arch_push(unsigned cls, void *block)
{
    return osh_pairs_push(cls, block);
}

#endif
