/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The checks that a hardening level adds to the paths that free: see OSH_HARDENING in
 * osh_config.h. The compiler evaluates the level, so level 0 has none of this code.
 *
 * Is a pointer the start of an object? For byte x of a slab of objects of d bytes,
 *
 *     c = floor(2^W / d) + 1,  e = c * d - 2^W  (so 1 <= e <= d)
 *
 * x = q * d + r gives x * c mod 2^W = q * e + r * c: at least c where r is not 0,
 * and q * e where it is. So one multiplication and one comparison with
 * (objects in a slab) * e say both that x is a multiple of d and that it is below
 * the end of the last whole object. It needs (bytes of a slab) * d < 2^W, so that
 * the ranges are apart (Lemire, Kaser and Kurz, "Faster remainder by direct
 * computation", 2019, say it for a general divisor).
 *
 * The same holds with a larger c, and so a larger e, as long as objects * e stays below c. Any
 * limit above (objects - 1) * e is right. If e is as large as the longest slab, the limits to
 * choose from are so many that one of them has, in its low bits, the mask that leads to the slab's
 * start. So a slab of several pages needs no third number.
 */
#ifndef OSH_HARDEN_H
#define OSH_HARDEN_H

#include "osh_class.h"

#include <stdbool.h>

/* 32 bits are enough if slabs are small. A 64-bit CPU takes 64 bits, which saves the instruction
 * that cuts the offset to 32. RISC-V multiplies 32 bits of a register without that instruction, so
 * its build sets 0: an entry then has 8 bytes and is found by the same shift as a list. */
#ifndef OSH_START_WIDE
#define OSH_START_WIDE OSH_WIDE
#endif
#define OSH_SPAN_LOG2 ((OSH_PAGE_LOG2) + (OSH_RUN_LOG2)) /* bytes of the longest slab */
#if OSH_START_WIDE || OSH_SPAN_LOG2 > 15 || (OSH_SLAB_MAX) > (1ull << (31 - OSH_SPAN_LOG2))
typedef uint64_t osh_start_t;
#define OSH_START_BITS 64
#else
typedef uint32_t osh_start_t;
#define OSH_START_BITS 32
#endif

/* The two numbers that tell where a class's objects start. Class 0, "no slab", has a limit of 0:
 * no offset is a start. */
struct osh_start {
    osh_start_t recip; /* c */
    osh_start_t limit; /* at most objects * e; its low bits are the bytes of a slab - 1 */
};
OSH_SHARED const struct osh_start osh_start[OSH_CLASSES];

#define OSH_START_SPAN (((uintptr_t)1 << OSH_VALUE_SPAN_LOG2) - 1)

/*
 * With an e of 2^k, above the mask the low k bits of the limit can be 0. Then (offset & limit) is
 * the place in the slab for every offset below 2^k, without a mask of the longest slab first.
 * Objects * e stays below c if k + OSH_SPAN_LOG2 < W. With 64 bits that is 4 TiB or more; os_free's
 * fast path takes no offset above. 32 bits are too few: a region of 2 MiB would be above.
 */
#define OSH_START_K (OSH_START_BITS - 1 - OSH_SPAN_LOG2)
#define OSH_START_MASKS (OSH_START_BITS == 64)
#define OSH_START_REACH \
    (OSH_START_MASKS && OSH_WIDE ? (uintptr_t)(1ull << OSH_START_K) : UINTPTR_MAX)

/* Does an object of the class with the entry `start` begin `in_slab` bytes after the slab's first?
 * Bits above the longest slab may be set where OSH_START_MASKS. */
OSH_INLINE bool osh_start_is_at(const struct osh_start *start, uintptr_t in_slab)
{
    __asm__("" : "+r"(start)); /* one address, so that both fields can be loaded at once */
    osh_start_t limit = start->limit;
    osh_start_t place = (osh_start_t)in_slab;
    place &= OSH_RUN_LOG2 > 0 || OSH_START_MASKS ? limit : place;
    return (osh_start_t)(place * start->recip) < limit;
}

/* Does an object of the class begin `offset` bytes after the first page? */
OSH_INLINE bool osh_is_start(unsigned cls, uintptr_t offset)
{
    return osh_start_is_at(&osh_start[cls], offset & OSH_START_SPAN);
}

/* The same for an offset below OSH_START_REACH; always true at level 0. `starts` is the address of
 * osh_start. */
OSH_INLINE bool osh_harden_is_start(const struct osh_start *starts, unsigned cls, uintptr_t offset)
{
    return OSH_HARDENING == 0 ||
           OSH_LIKELY(
               osh_start_is_at(&starts[cls], OSH_START_MASKS ? offset : offset & OSH_START_SPAN));
}

/* Reports that `block` is already the head of a core's list. */
OSH_HIDDEN OSH_COLD void osh_report_pushed_twice(const void *block);

/* Reports that the library is not built for this core's number. Does not return, because such a
 * core may touch nothing of the heap. */
OSH_HIDDEN OSH_COLD _Noreturn void osh_report_wrong_core(uintptr_t number);

/* Called by osh_arch_push from level 1 on if the block is already the head of the list. Reports it
 * and returns true: the block stays in the list. */
OSH_INLINE bool osh_harden_pushed_twice(const void *block)
{
    if (OSH_HARDENING == 0) {
        __builtin_unreachable();
    }
    osh_report_pushed_twice(block); /* a jump from os_free, so the return address is the caller's */
    return true;
}

#endif
