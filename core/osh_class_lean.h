/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The classes without their tables, compiled for size (osh_config.h). A few instructions
 * more a call; the divisions are the CPU's own where it has one.
 */
#ifndef OSH_CLASS_LEAN_H
#define OSH_CLASS_LEAN_H

/* Class of a size up to OSH_SLAB_MAX; 1 for size 0. */
static inline unsigned osh_class_of(size_t size)
{
    unsigned s = (unsigned)size;
    if (s <= OSH_LINEAR_MAX) {
        return s <= OSH_BLOCK_MIN ? 1u : OSH_CLASS_LINEAR(s);
    }
    unsigned b = 31u - (unsigned)__builtin_clz(s - 1u);
    return OSH_CLASS_LOG(s, b);
}

/* OSH_CLASS_BYTES without the mask, which is for classes that do not exist. */
OSH_SHARED_CODE size_t osh_class_bytes(unsigned cls)
{
    if (OSH_CLASS_TINY > 0 && cls <= OSH_CLASS_TINY) {
        return (size_t)cls * OSH_BLOCK_MIN;
    }
    unsigned step = cls - OSH_CLASS_TINY + OSH_CLASS_LESS;
    if (step <= OSH_CLASS_STEPS) {
        return (size_t)step << OSH_ALIGN_LOG2;
    }
    step -= OSH_CLASS_STEPS + 1u;
    return (OSH_CLASS_STEPS + 1u + (size_t)(step & (OSH_CLASS_STEPS - 1u)))
           << ((step >> OSH_CLASS_STEPS_LOG2) + OSH_ALIGN_LOG2);
}

OSH_SHARED_CODE unsigned osh_class_objects(unsigned cls)
{
    return cls == 0 ? 0 : (unsigned)(OSH_PAGE_BYTES / osh_class_bytes(cls));
}

OSH_SHARED_CODE unsigned osh_class_magazine(unsigned cls)
{
    unsigned bytes = (unsigned)osh_class_bytes(cls);
    if (bytes > OSH_SLAB_MAX) {
        __builtin_unreachable(); /* so that a limit above that is not compared with */
    }
    return cls == 0 ? 0 : (unsigned)OSH_MAGAZINE_FOR(bytes);
}

OSH_SHARED_CODE unsigned osh_class_index(unsigned cls, uintptr_t offset)
{
    return (unsigned)offset / (unsigned)osh_class_bytes(cls);
}

#endif
