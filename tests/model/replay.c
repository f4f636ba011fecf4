/* SPDX-License-Identifier: Apache-2.0 */
#include "replay.h"

#include "state.h"

#include <stdlib.h>
#include <string.h>

void replay_save(const char *folder, const char *scenario, const uint8_t *choices, size_t length)
{
    char path[400];
    (void)snprintf(path, sizeof(path), "%s/%s.replay", folder, scenario);
    FILE *file = fopen(path, "w");
    if (file == NULL) {
        (void)fprintf(stderr, "explorer: cannot write %s\n", path);
        return;
    }
    const struct bounds *bounds = &machine->bounds;
    (void)fprintf(file, "%s\n%u %u %u %u\n", scenario, bounds->preemptions, bounds->interrupts,
                  bounds->migrations, bounds->stale);
    (void)fprintf(file, "%u\n", machine->shared_count);
    for (unsigned i = 0; i < machine->shared_count; i++) {
        (void)fprintf(file, "%lx %d\n", (unsigned long)(uintptr_t)machine->shared[i]->address,
                      machine->shared[i]->byte);
    }
    (void)fprintf(file, "%zu\n", length);
    for (size_t i = 0; i < length; i++) {
        (void)fprintf(file, "%u%s", choices[i], i + 1 < length ? " " : "\n");
    }
    (void)fclose(file);
    (void)printf("%s: this execution again: --replay %s\n", scenario, path);
}

static _Noreturn void bad(const char *what)
{
    (void)fprintf(stderr, "explorer: the replay file is short or wrong: %s\n", what);
    exit(2);
}

static unsigned long next_number(FILE *file, int base, unsigned long most, const char *what)
{
    char text[40];
    char *end;
    if (fscanf(file, "%39s", text) != 1) {
        bad(what);
    }
    unsigned long value = strtoul(text, &end, base);
    if (*end != '\0' || value > most) {
        bad(what);
    }
    return value;
}

struct replay *replay_open(const char *path)
{
    struct replay *replay = calloc(1, sizeof(*replay));
    if (replay == NULL) {
        bad("no memory");
    }
    replay->file = fopen(path, "r");
    if (replay->file == NULL) {
        (void)fprintf(stderr, "explorer: cannot read %s\n", path);
        exit(2);
    }
    if (fscanf(replay->file, "%99s", replay->scenario) != 1) {
        bad("the scenario's name");
    }
    return replay;
}

size_t replay_rest(struct replay *replay, uint8_t *choices)
{
    FILE *file = replay->file;
    machine->bounds.preemptions = (unsigned)next_number(file, 10, 100, "a bound");
    machine->bounds.interrupts = (unsigned)next_number(file, 10, 100, "a bound");
    machine->bounds.migrations = (unsigned)next_number(file, 10, 100, "a bound");
    machine->bounds.stale = (unsigned)next_number(file, 10, 100, "a bound");
    unsigned long shared = next_number(file, 10, SHARED_MOST, "the number of shared words");
    for (unsigned long i = 0; i < shared; i++) {
        uintptr_t address = next_number(file, 16, UINTPTR_MAX, "a shared word");
        words_share((const void *)address, next_number(file, 10, 1, "a shared word") == 1);
    }
    size_t length = next_number(file, 10, EXPLORE_CHOICES, "the number of choices");
    for (size_t i = 0; i < length; i++) {
        choices[i] = (uint8_t)next_number(file, 10, UINT8_MAX, "a choice");
    }
    (void)fclose(file);
    free(replay);
    return length;
}
