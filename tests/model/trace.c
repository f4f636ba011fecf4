/* SPDX-License-Identifier: Apache-2.0 */
/* A failing execution, step by step. */
#include "names.h"
#include "state.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LINES_MOST 20000

struct line {
    const void *pc;
    const void *address;
    char text[120];
    char after[48];
};

/* On the C heap: see state.h. */
static struct {
    struct line lines[LINES_MOST];
    size_t count;
} * trace;

static struct line *new_line(void)
{
    if (!machine->tracing || trace->count == LINES_MOST) {
        return NULL;
    }
    struct line *line = &trace->lines[trace->count++];
    memset(line, 0, sizeof(*line));
    return line;
}

void trace_start(void)
{
    trace = calloc(1, sizeof(*trace));
    if (trace == NULL) {
        (void)fprintf(stderr, "explorer: no memory for a trace\n");
        exit(EXIT_FAILURE);
    }
}

void trace_clear(void)
{
    trace->count = 0;
}

void trace_say(const char *format, ...)
{
    struct line *line = new_line();
    if (line != NULL) {
        va_list arguments;
        va_start(arguments, format);
        (void)vsnprintf(line->text, sizeof(line->text), format, arguments);
        va_end(arguments);
    }
}

void trace_step(const void *pc, const char *what, const void *address, uintptr_t value,
                const char *note)
{
    struct line *line = new_line();
    if (line == NULL) {
        return;
    }
    const struct task *task = machine->running;
    line->pc = pc;
    line->address = address;
    (void)snprintf(line->text, sizeof(line->text), "  task %u%s  %s", task->number,
                   task->depth > 0 ? " (handler)" : "", what);
    if (note != NULL) {
        (void)snprintf(line->after, sizeof(line->after), ": %#lx%s", (unsigned long)value, note);
    }
}

void trace_print(void)
{
    for (size_t i = 0; i < trace->count; i++) {
        names_want(trace->lines[i].pc);
    }
    names_read();
    for (size_t i = 0; i < trace->count; i++) {
        const struct line *line = &trace->lines[i];
        char name[100] = "";
        if (line->address != NULL) {
            names_data(line->address, name, sizeof(name));
        }
        int width = printf("%s %s%s", line->text, name, line->after);
        const char *place = names_place(line->pc);
        (void)printf("%*s%s\n", width < 64 && place[0] != '\0' ? 64 - width : 2, "", place);
    }
}
