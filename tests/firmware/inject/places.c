/* SPDX-License-Identifier: Apache-2.0 */
/* Where the timer interrupted, and how often. */
#include "board.h"
#include "check.h"
#include "inject.h"

#define MOST_PCS 1600u
#define MOST_ROWS 200u

struct place {
    uintptr_t pc;
    unsigned times;
    unsigned moved; /* and went on on another core */
};
static struct place places[MOST_PCS];
static unsigned place_count;

/* Shots in a row, each an instruction later than the one before, that were all
 * taken at one place: held off by a mask. */
struct row {
    uintptr_t before; /* where the shot before them was taken */
    uintptr_t pc;
    unsigned length;
};
static struct row rows[MOST_ROWS];
static unsigned row_count;
static struct row row;

static void end_row(void)
{
    unsigned i = 0;
    while (i < row_count &&
           (rows[i].before != row.before || rows[i].pc != row.pc || rows[i].length != row.length)) {
        i++;
    }
    if (row.length > 1 && i == row_count && i < MOST_ROWS) {
        rows[row_count++] = row;
    }
}

static struct place *place_of(uintptr_t pc)
{
    unsigned i = 0;
    while (i < place_count && places[i].pc != pc) {
        i++;
    }
    CHECK(i < MOST_PCS);
    place_count += i == place_count;
    places[i].pc = pc;
    return &places[i];
}

void inject_end_rows(void)
{
    end_row();
    row = (struct row){0, 0, 0};
}

void inject_record(uintptr_t pc)
{
    if (pc != row.pc) {
        end_row();
        row = (struct row){row.pc, pc, 0};
    }
    row.length++;
    place_of(pc)->times++;
}

void inject_record_moved(uintptr_t pc)
{
    place_of(pc)->moved++;
}

static void put_hex(uintptr_t value)
{
    char text[2 + 2 * sizeof(value)];
    char *p = &text[sizeof(text) - 1];
    *p = '\0';
    do {
        *--p = "0123456789abcdef"[value & 15];
        value >>= 4;
    } while (value != 0);
    board_puts(p);
}

void inject_print_places(void)
{
    for (unsigned i = 0; i < place_count; i++) {
        board_puts("at ");
        put_hex(places[i].pc);
        board_puts(" ");
        report("times", places[i].times);
        report("moved", places[i].moved);
        board_puts("\n");
    }
    for (unsigned i = 0; i < row_count; i++) {
        board_puts("row ");
        put_hex(rows[i].before);
        board_puts(" ");
        put_hex(rows[i].pc);
        board_puts(" ");
        report("length", rows[i].length);
        board_puts("\n");
    }
}
