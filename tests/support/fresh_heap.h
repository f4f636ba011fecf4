/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A process has one heap and one region, so a test that wants a new heap, or a
 * small one, runs in a forked child. Its assertions are cmocka's, from any
 * thread; the first that fails ends the child and fails the test with the
 * child's words. When the body returns, os_heap_check() must hold. The body stays on one CPU, so
 * that what it caches is where it looks for it; a crew (crew.h) runs on all.
 */
#ifndef FRESH_HEAP_H
#define FRESH_HEAP_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "osh_config.h"

typedef void (*heap_body)(void);

/* No region is given: the first call takes the platform's. */
#define PLATFORM_REGION 0

/* Runs `body` with a heap of so many pages. */
void run_in_fresh_heap(size_t pages, heap_body body);

/* The same for a body that the library must stop with such a report. */
void run_until_stopped(size_t pages, heap_body body, const char *report);

/* Adds a word to OSHEAP_OPTIONS, which takes precedence over those that are there. */
void heap_option(const char *word);

/* Inside a body: ends it as a skipped test. */
void skip_because(const char *reason) __attribute__((noreturn));

/* Inside a body: what it states is not so at hardening level 2, where blocks are larger than their
 * sizes and freed ones wait before they are used again. */
#define NOT_AT_LEVEL_2                                       \
    if (OSH_HARDENING >= 2) {                                \
        skip_because("not stated for this hardening level"); \
    }

/* What a report of misuse says: a sentence, or without OSH_CHECK_NAMES a word. */
#if OSH_CHECK_NAMES
#define REPORTED(word, sentence) "osheap: " sentence " (address 0x"
#else
#define REPORTED(word, sentence) "osheap: " word " (address 0x"
#endif

/* Rows of a cmocka test table. */
struct fresh_heap {
    size_t pages;
    heap_body body;
    const char *report; /* NULL: the body must return */
};
void run_fresh_heap_row(void **state);

#define FRESH_ROW(name, pages, report)                              \
    {                                                               \
#name, run_fresh_heap_row, NULL, NULL, &(struct fresh_heap) \
        {                                                           \
            pages, name, report                                     \
        }                                                           \
    }
#define in_fresh_heap(name, pages) FRESH_ROW(name, pages, NULL)
#define stopped_with(name, pages, report) FRESH_ROW(name, pages, report)

#endif
