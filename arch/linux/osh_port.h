/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Linux. Restartable sequences are the fast path. If the kernel, glibc or an emulator
 * has none, osh_hot.fast_sizes stays 0, and every call goes through the slow path, which uses
 * pairs.
 */
#ifndef OSH_PORT_H
#define OSH_PORT_H

#include "osh_rseq.h"

#define OSH_ARCH_OPENS 1

OSH_INLINE void *osh_arch_pop(unsigned cls)
{
    return osh_rseq_pop(cls);
}

OSH_INLINE bool osh_arch_push(unsigned cls, void *block)
{
    return osh_rseq_push(cls, block);
}

#endif
