/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The classes without their tables, for osh_class.h: see osh_lean.h. A few instructions
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

OSH_SHARED_CODE size_t osh_class_bytes(unsigned cls)
{
    return OSH_CLASS_BYTES(cls);
}

OSH_SHARED_CODE unsigned osh_class_objects(unsigned cls)
{
    return cls == 0 ? 0 : (unsigned)(OSH_PAGE_BYTES / osh_class_bytes(cls));
}

OSH_SHARED_CODE unsigned osh_class_magazine(unsigned cls)
{
    unsigned bytes = (unsigned)osh_class_bytes(cls);
    return cls == 0 ? 0 : OSH_MAGAZINE_FOR(bytes);
}

OSH_SHARED_CODE unsigned osh_class_index(unsigned cls, uintptr_t offset)
{
    return (unsigned)offset / (unsigned)osh_class_bytes(cls);
}

#endif
