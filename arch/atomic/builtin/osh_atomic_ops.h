/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The atomics of osh_atomic.h for builds under ThreadSanitizer, which sees neither CK's
 * assembly nor the volatile accesses of CK's builtin path. Loads, stores, fences and most
 * read-modify-writes are the compiler's builtins. Also for cores for which CK has no
 * assembly: M-profile, RISC-V.
 */
#ifndef OSH_ATOMIC_OPS_H
#define OSH_ATOMIC_OPS_H

#include "osh_compiler.h"

#include <ck_pr.h>
#include <stdbool.h>
#include <stdint.h>

#ifndef CK_USE_CC_BUILTINS
#error "build with -DCK_USE_CC_BUILTINS=1"
#endif

typedef uintptr_t osh_word_t;

OSH_INLINE osh_word_t osh_load(const osh_word_t *word)
{
    return __atomic_load_n(word, __ATOMIC_RELAXED);
}

OSH_INLINE osh_word_t osh_load_acquire(const osh_word_t *word)
{
    return __atomic_load_n(word, __ATOMIC_ACQUIRE);
}

OSH_INLINE void osh_store(osh_word_t *word, osh_word_t value)
{
    __atomic_store_n(word, value, __ATOMIC_RELAXED);
}

OSH_INLINE void osh_store_release(osh_word_t *word, osh_word_t value)
{
    __atomic_store_n(word, value, __ATOMIC_RELEASE);
}

#ifndef OSH_CAS_VALUE /* RISC-V has its own */
/* Sets the word to `value` if it is `expected`. Returns the old value. */
OSH_SHARED_CODE osh_word_t osh_cas_value(osh_word_t *word, osh_word_t expected, osh_word_t value)
{
    (void)ck_pr_cas_ptr_value(word, (void *)expected, (void *)value, &expected);
    return expected;
}
#endif

OSH_INLINE bool osh_cas(osh_word_t *word, osh_word_t *expected, osh_word_t value)
{
    osh_word_t was = osh_cas_value(word, *expected, value);
    bool done = was == *expected;
    *expected = was;
    return done;
}

static inline osh_word_t osh_exchange(osh_word_t *word, osh_word_t value)
{
    return __atomic_exchange_n(word, value, __ATOMIC_ACQ_REL); /* CK's builtins have none */
}

static inline osh_word_t osh_fetch_add(osh_word_t *word, osh_word_t value)
{
    return __atomic_fetch_add(word, value, __ATOMIC_ACQ_REL); /* CK's takes a pointer here */
}

/* Each is one loop of exclusives, or one instruction. */
#define OSH_FETCH_BITS
static inline osh_word_t osh_fetch_or(osh_word_t *word, osh_word_t bits)
{
    return __atomic_fetch_or(word, bits, __ATOMIC_ACQ_REL);
}

static inline osh_word_t osh_fetch_and(osh_word_t *word, osh_word_t bits)
{
    return __atomic_fetch_and(word, bits, __ATOMIC_ACQ_REL);
}

typedef struct {
    osh_word_t first;
    osh_word_t second;
} __attribute__((aligned(2 * sizeof(uintptr_t)))) osh_word2_t;

#ifdef __SIZEOF_INT128__
/* CK's builtins have no double-word CAS; the sanitizer sees the compiler's own. */
static inline bool osh_cas2(osh_word2_t *target, osh_word2_t *expected, osh_word2_t value)
{
    union {
        osh_word2_t words;
        __extension__ unsigned __int128 whole;
    } want = {*expected}, to = {value}, was;
    was.whole =
        __sync_val_compare_and_swap((__typeof__(was.whole) *)(void *)target, want.whole, to.whole);
    *expected = was.words;
    return was.whole == want.whole;
}
#endif

OSH_INLINE void osh_fence(void)
{
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
}

OSH_INLINE void osh_fence_atomic_load(void)
{
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
}

static inline void osh_relax(void)
{
    ck_pr_stall();
}

OSH_INLINE uint8_t osh_load_byte(const uint8_t *byte)
{
    return __atomic_load_n(byte, __ATOMIC_RELAXED);
}

OSH_INLINE void osh_store_byte(uint8_t *byte, uint8_t value)
{
    __atomic_store_n(byte, value, __ATOMIC_RELAXED);
}

#endif
