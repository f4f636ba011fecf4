/* SPDX-License-Identifier: Apache-2.0 */
#include "names.h"

#include "osh_arena.h"
#include "osh_slab_table.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define PLACES_MOST 1024
#define SYMBOLS_MOST 2048

struct place {
    const void *pc;
    char text[200];
};

struct symbol {
    uintptr_t address;
    char name[64];
};

/* Allocated when first needed: the program's data is copied for every execution. */
static struct place *places;
static size_t place_count;
static struct symbol *symbols;
static size_t symbol_count;

static struct place *find(const void *pc)
{
    for (size_t i = 0; i < place_count; i++) {
        if (places[i].pc == pc) {
            return &places[i];
        }
    }
    return NULL;
}

void names_want(const void *pc)
{
    if (places == NULL) {
        places = calloc(PLACES_MOST, sizeof(*places));
        symbols = calloc(SYMBOLS_MOST, sizeof(*symbols));
        if (places == NULL || symbols == NULL) {
            abort();
        }
    }
    if (pc != NULL && find(pc) == NULL && place_count < PLACES_MOST) {
        places[place_count++] = (struct place){.pc = pc};
    }
}

static FILE *ask(const char *format, const char *program)
{
    char command[600];
    (void)snprintf(command, sizeof(command), format, program);
    return popen(command, "r"); // NOLINT(cert-env33-c,bugprone-command-processor): our own name
}

static void read_symbols(const char *program)
{
    FILE *nm = ask("nm -n '%s' 2>/dev/null", program);
    char text[400];
    while (nm != NULL && symbol_count < SYMBOLS_MOST && fgets(text, sizeof(text), nm) != NULL) {
        char kind[2] = "";
        char *end;
        uintptr_t address = strtoul(text, &end, 16);
        struct symbol *symbol = &symbols[symbol_count];
        // NOLINTNEXTLINE(cert-err34-c): strings only
        if (sscanf(end, " %1[bBdD] %63s", kind, symbol->name) == 2) {
            symbol->address = address;
            symbol_count++;
        }
    }
    if (nm != NULL) {
        (void)pclose(nm);
    }
}

/* "0xADDRESS: f at /a/b.c:1", then " (inlined by) g at /a/d.h:2" and so on. */
static void read_places(FILE *answers)
{
    char text[400];
    struct place *place = NULL;
    while (fgets(text, sizeof(text), answers) != NULL) {
        char *at = strstr(text, " at ");
        char *name = strstr(text, ") ");
        if (strncmp(text, "0x", 2) == 0) {
            /* The call is before the address it returns to. */
            place = find((const void *)(strtoul(text, NULL, 16) + 1));
            name = strchr(text, ' ');
        }
        if (at == NULL || name == NULL || place == NULL) {
            continue;
        }
        *at = '\0';
        char *file = strrchr(at + 4, '/');
        file = file != NULL ? file + 1 : at + 4;
        file[strcspn(file, " \n")] = '\0';
        name += strspn(name, ") ");
        size_t used = strlen(place->text);
        (void)snprintf(place->text + used, sizeof(place->text) - used, "%s%s %s",
                       used > 0 ? " < " : "", name, file);
    }
}

void names_read(void)
{
    char program[300];
    ssize_t length = readlink("/proc/self/exe", program, sizeof(program) - 1);
    if (length <= 0) {
        return;
    }
    program[length] = '\0';
    read_symbols(program);
    char asked[] = "/tmp/explorer-XXXXXX";
    int file = mkstemp(asked);
    FILE *list = file >= 0 ? fdopen(file, "w") : NULL;
    if (list == NULL) {
        return;
    }
    for (size_t i = 0; i < place_count; i++) {
        (void)fprintf(list, "%#lx\n", (unsigned long)(uintptr_t)places[i].pc - 1);
    }
    (void)fclose(list);
    char format[100];
    (void)snprintf(format, sizeof(format), "addr2line -a -p -i -f -e '%%s' <%s 2>/dev/null", asked);
    FILE *answers = ask(format, program);
    if (answers != NULL) {
        read_places(answers);
        (void)pclose(answers);
    }
    (void)unlink(asked);
}

const char *names_place(const void *pc)
{
    const struct place *place = pc != NULL ? find(pc) : NULL;
    return place != NULL ? place->text : "";
}

static bool heap_word(uintptr_t address, char *name, size_t bytes)
{
    uintptr_t near = (uintptr_t)osh_slabs.near;
    uintptr_t far = (uintptr_t)osh_slabs.far;
    uintptr_t partial = (uintptr_t)osh_slabs.partial;
    uintptr_t claimed = (uintptr_t)osh_arena.claimed;
    uintptr_t classes = (uintptr_t)osh_arena.page_class;
    if (osh_arena.pages == 0) {
        return false;
    }
    if (osh_arena_holds((const void *)address)) {
        size_t page = osh_arena_page((const void *)address);
        (void)snprintf(name, bytes, "block: page %zu + %#lx", page,
                       (unsigned long)(address - osh_arena_address(page)));
    } else if (address >= near && address < far) {
        (void)snprintf(name, bytes, "free bits of slab %zu",
                       (address - near) / sizeof(osh_word_t) / OSH_NEAR_WORDS);
    } else if (address >= far && address < partial) {
        (void)snprintf(name, bytes, "free bits of slab %zu",
                       (address - far) / sizeof(osh_word_t) / OSH_SLAB_WORDS);
    } else if (address >= partial && address < osh_arena.base) {
        (void)snprintf(name, bytes, "map of class %zu",
                       (address - partial) / sizeof(osh_word_t) %
                           (OSH_SLAB_MAPS + (OSH_SLAB_MAPS == 0)));
    } else if (address >= classes && address < near) {
        (void)snprintf(name, bytes, "class of page %zu", address - classes);
    } else if (address >= claimed && address < classes) {
        static const char *const maps[] = {"claimed pages", "used pages", "newlib's pages"};
        (void)snprintf(name, bytes, "%s",
                       maps[(address - claimed) / sizeof(osh_word_t) / osh_arena.words]);
    } else {
        return false;
    }
    return true;
}

void names_data(const void *address, char *name, size_t bytes)
{
    if (heap_word((uintptr_t)address, name, bytes)) {
        return;
    }
    const struct symbol *below = NULL;
    for (size_t i = 0; i < symbol_count && symbols[i].address <= (uintptr_t)address; i++) {
        below = &symbols[i];
    }
    if (below != NULL && (uintptr_t)address - below->address < 65536) {
        (void)snprintf(name, bytes, "%s+%#lx", below->name,
                       (unsigned long)((uintptr_t)address - below->address));
    } else {
        (void)snprintf(name, bytes, "%p", address);
    }
}
