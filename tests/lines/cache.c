/* SPDX-License-Identifier: Apache-2.0 */
/* Who has which line: a table of the lines that were touched. */
#include "lines.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LINES_LOG2 = 19, WORDS = LINES_CORES_MOST / 64 };

struct line {
    uintptr_t number; /* 0: an empty place */
    uint64_t holders[WORDS];
    uint32_t transfers;
    uint8_t first; /* core that touched it first */
    bool shared;   /* touched by another core too, ever */
};

static struct line *table;
static size_t used;

static struct line *line_of(uintptr_t number)
{
    if (table == NULL) {
        table = calloc((size_t)1 << LINES_LOG2, sizeof(*table));
    }
    if (table == NULL || used == (size_t)3 << (LINES_LOG2 - 2)) {
        (void)fprintf(stderr, "lines: too many lines are touched\n");
        exit(EXIT_FAILURE);
    }
    size_t at = (size_t)((number * UINT64_C(0x9E3779B97F4A7C15)) >> (64 - LINES_LOG2));
    while (table[at].number != 0 && table[at].number != number) {
        at = (at + 1) % ((size_t)1 << LINES_LOG2);
    }
    return &table[at];
}

static bool holds(const struct line *line, unsigned core)
{
    return (line->holders[core / 64] >> (core % 64) & 1) != 0;
}

static bool others_hold(const struct line *line, unsigned core)
{
    for (unsigned i = 0; i < WORDS; i++) {
        uint64_t mine = i == core / 64 ? UINT64_C(1) << (core % 64) : 0;
        if ((line->holders[i] & ~mine) != 0) {
            return true;
        }
    }
    return false;
}

bool lines_transfers(unsigned core, uintptr_t number, bool write)
{
    struct line *line = line_of(number);
    if (line->number == 0) {
        used++;
        line->number = number;
        line->first = (uint8_t)core;
    }
    line->shared = line->shared || line->first != core;
    bool others = others_hold(line, core);
    bool transfer = others && (write || !holds(line, core));
    if (write) {
        memset(line->holders, 0, sizeof(line->holders));
    }
    line->holders[core / 64] |= UINT64_C(1) << (core % 64);
    line->transfers += transfer ? 1 : 0;
    return transfer;
}

uintptr_t lines_hottest(uint32_t *transfers)
{
    struct line *hottest = &table[0];
    for (struct line *line = table; line < table + ((size_t)1 << LINES_LOG2); line++) {
        hottest = line->transfers > hottest->transfers ? line : hottest;
    }
    *transfers = hottest->transfers;
    hottest->transfers = 0;
    return hottest->number * LINES_BYTES;
}

bool lines_is_shared(unsigned core, uintptr_t number)
{
    const struct line *line = line_of(number);
    return line->number != 0 && (line->shared || line->first != core);
}

void lines_forget(void)
{
    free(table);
    table = NULL;
    used = 0;
}
