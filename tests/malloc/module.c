/* SPDX-License-Identifier: Apache-2.0 */
/* An object that allocates when it is loaded, and whose threads' variables the C library allocates
 * when they are used first. */
#include <stdlib.h>
#include <string.h>

static char *mine;
static _Thread_local char here[3000];

char *give(void);
char *give(void)
{
    (void)strcpy(here, mine);
    return strdup(here);
}

__attribute__((constructor)) static void load(void)
{
    mine = malloc(100);
    if (mine != NULL) {
        (void)strcpy(mine, "from a module");
    }
}

__attribute__((destructor)) static void unload(void)
{
    free(mine);
}
