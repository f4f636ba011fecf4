/* SPDX-License-Identifier: Apache-2.0 */
/* An object that allocates when it is loaded. */
#include <stdlib.h>
#include <string.h>

static char *mine;

char *give(void);
char *give(void)
{
    return strdup(mine);
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
