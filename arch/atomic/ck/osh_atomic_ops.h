/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The atomics of osh_atomic.h on Concurrency Kit. On TSO its read-modify-writes are full
 * barriers, and the fences below cost nothing; elsewhere the fences are instructions.
 */
#ifndef OSH_ATOMIC_OPS_H
#define OSH_ATOMIC_OPS_H

#include "osh_compiler.h"

#include <ck_pr.h>
#include <stdbool.h>
#include <stdint.h>

/* A distribution's ck_md.h describes the build machine. */
#if defined(CK_MD_TSO) && !defined(__x86_64__) && !defined(__i386__) && !defined(__s390x__)
#error "ck_md.h says total store order, which this CPU has not: fences would be nothing"
#endif

typedef uintptr_t osh_word_t;

OSH_INLINE osh_word_t osh_load(const osh_word_t *word)
{
    return (osh_word_t)ck_pr_load_ptr(word);
}

OSH_INLINE osh_word_t osh_load_acquire(const osh_word_t *word)
{
    osh_word_t value = (osh_word_t)ck_pr_load_ptr(word);
    ck_pr_fence_acquire();
    return value;
}

OSH_INLINE void osh_store(osh_word_t *word, osh_word_t value)
{
    ck_pr_store_ptr_unsafe(word, (void *)value);
}

OSH_INLINE void osh_store_release(osh_word_t *word, osh_word_t value)
{
    ck_pr_fence_release();
    ck_pr_store_ptr_unsafe(word, (void *)value);
}

static inline bool osh_cas(osh_word_t *word, osh_word_t *expected, osh_word_t value)
{
    ck_pr_fence_release();
    bool done = ck_pr_cas_ptr_value(word, (void *)*expected, (void *)value, expected);
    ck_pr_fence_acquire();
    return done;
}

static inline osh_word_t osh_exchange(osh_word_t *word, osh_word_t value)
{
    ck_pr_fence_release();
    osh_word_t old = (osh_word_t)ck_pr_fas_ptr(word, (void *)value);
    ck_pr_fence_acquire();
    return old;
}

static inline osh_word_t osh_fetch_add(osh_word_t *word, osh_word_t value)
{
    ck_pr_fence_release();
    osh_word_t old = (osh_word_t)ck_pr_faa_ptr(word, value);
    ck_pr_fence_acquire();
    return old;
}

/* Two adjacent words, compared and exchanged as one. */
typedef struct {
    osh_word_t first;
    osh_word_t second;
} __attribute__((aligned(2 * sizeof(uintptr_t)))) osh_word2_t;

static inline bool osh_cas2(osh_word2_t *target, osh_word2_t *expected, osh_word2_t value)
{
    ck_pr_fence_release();
    bool done = ck_pr_cas_ptr_2_value(target, expected, &value, expected);
    ck_pr_fence_acquire();
    return done;
}

OSH_INLINE void osh_fence(void)
{
    ck_pr_fence_memory();
}

OSH_INLINE void osh_fence_atomic_load(void)
{
#ifdef CK_MD_TSO
    ck_pr_fence_atomic_load(); /* the atomic was a barrier: the compiler must know */
#else
    ck_pr_fence_memory(); /* CK's own is too weak on 32-bit Arm */
#endif
}

static inline void osh_relax(void)
{
    ck_pr_stall();
}

OSH_INLINE uint8_t osh_load_byte(const uint8_t *byte)
{
    return ck_pr_load_8(byte);
}

OSH_INLINE void osh_store_byte(uint8_t *byte, uint8_t value)
{
    ck_pr_store_8(byte, value);
}

#endif
