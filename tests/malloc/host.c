/* SPDX-License-Identifier: Apache-2.0 */
/* A C program that loads a C++ module, whose symbols are its own. usage: host MODULE */
#include <dlfcn.h>
#include <stdio.h>

int main(int count, char **words)
{
    void *module = count == 2 ? dlopen(words[1], RTLD_NOW | RTLD_LOCAL) : NULL;
    if (module == NULL) {
        printf("host: %s\n", count == 2 ? dlerror() : "usage: host MODULE");
        return 2;
    }
    int (*catches)(void) = (int (*)(void))dlsym(module, "plugin_catches");
    int asked = catches != NULL ? catches() : -1;
    printf("host: the handler was asked %d times\n", asked);
    return asked != 1;
}
