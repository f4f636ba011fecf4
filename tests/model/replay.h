/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A file that says which execution: the scenario, its bounds, the words that were
 * shared, and what was chosen. Good for the program that wrote it.
 */
#ifndef REPLAY_H
#define REPLAY_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

struct replay {
    FILE *file;
    char scenario[100];
};

/* Writes FOLDER/SCENARIO.replay, and says so. */
void replay_save(const char *folder, const char *scenario, const uint8_t *choices, size_t length);

/* Reads the scenario's name; then, once it is set up, the rest: sets the machine's
 * bounds and shared words, and gives the choices. End the program on a bad file. */
struct replay *replay_open(const char *path);
size_t replay_rest(struct replay *replay, uint8_t *choices);

#endif
