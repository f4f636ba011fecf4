/* SPDX-License-Identifier: Apache-2.0 */
#include "world.h"

#include "arch.h"
#include "inject.h"
#include "os/os_heap.h"
#include "os/os_heap_linux.h"
#include "osh_brink.h"
#include "osh_deferred.h"
#include "osh_depot.h"
#include "osh_newlib.h"
#include "osh_pairs.h"
#include "osh_slab.h"
#include "osh_slab_table.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define REGION_MAX ((size_t)1 << 20)

/* Begin and end of the sections that sections.h names; NULL for one that is empty. */
#define EDGE __attribute__((weak))
extern char __start_osh_state_zero[] EDGE, __stop_osh_state_zero[] EDGE;
extern char __start_osh_state_set[] EDGE, __stop_osh_state_set[] EDGE;

static _Alignas(1 << 16) unsigned char region[REGION_MAX];
static unsigned char added[(size_t)12 << 10];
static char *first_values;

static unsigned core;
static bool os_started;
static unsigned holders; /* of any mutex */
static unsigned until_seam;
static void (*at_seam)(void);

void world_fail(const char *what, const void *about)
{
    (void)fprintf(stderr, "fuzz: %s (%p)\n", what, about);
    abort();
}

/* Word by word, since between two objects the sanitizer has poisoned bytes; zeros
 * when `from` is NULL. The library's first and last objects are whole words. */
__attribute__((no_sanitize("address", "undefined"))) static void copy(void *to, const void *from,
                                                                      size_t bytes)
{
    for (size_t i = 0; i < bytes / sizeof(osh_word_t); i++) {
        ((volatile osh_word_t *)to)[i] = from != NULL ? ((const volatile osh_word_t *)from)[i] : 0;
    }
}

static void set_back(void)
{
    size_t set = (size_t)(__stop_osh_state_set - __start_osh_state_set);
    if (first_values == NULL) {
        first_values = malloc(set + 1);
        copy(first_values, __start_osh_state_set, set);
    }
    copy(__start_osh_state_set, first_values, set);
    copy(__start_osh_state_zero, NULL, (size_t)(__stop_osh_state_zero - __start_osh_state_zero));
}

void world_begin(size_t bytes, size_t skew)
{
    set_back();
    os_started = false;
    holders = 0;
    at_seam = NULL;
    (void)inject_stop();
    world_run_on(0);
    if (bytes + skew > REGION_MAX || os_heap_init(region + skew, bytes) != 0) {
        world_fail("the region was refused", region + skew);
    }
}

void world_add_region(uint32_t caps)
{
    if (os_heap_add_region(added + 100, sizeof(added) - 200, caps) != 0) {
        world_fail("the added region was refused", added);
    }
}

void world_run_on(unsigned which)
{
    core = which % WORLD_CORES;
    osh_pairs_mine = osh_hot.lists != NULL ? &osh_hot.lists[core] : &osh_lists_few[0];
}

void world_start_os(void)
{
    os_started = true;
}

bool world_os_started(void)
{
    return os_started;
}

bool world_would_block(void)
{
    return holders > 0;
}

void world_at_seam(unsigned after, void (*act)(void))
{
    until_seam = after;
    at_seam = act;
}

bool world_may_call_back(void)
{
    return at_seam != NULL;
}

void world_memory_out(bool growth, unsigned after, unsigned streak)
{
    inject(growth ? INJECT_GROWTH : INJECT_PAGES, after + 1, streak);
}

bool world_is_out(void)
{
    return inject_armed() || (inject_has_failed() && osh_brink_is_out());
}

static void seam(void)
{
    if (at_seam != NULL && until_seam-- == 0) {
        void (*act)(void) = at_seam;
        unsigned before = core;
        at_seam = NULL;
        act();
        world_run_on(before);
    }
}

/* What the machine says to the library. */
int __wrap_sched_getcpu(void);
unsigned __wrap_osh_linux_cpus(void);
void *__wrap_osh_linux_zeroed(size_t bytes);
bool __wrap_osh_arch_os_started(void);
bool __real_osh_arch_lock(enum osh_mutex mutex);
bool __wrap_osh_arch_lock(enum osh_mutex mutex);
bool __real_osh_arch_try_lock(enum osh_mutex mutex);
bool __wrap_osh_arch_try_lock(enum osh_mutex mutex);
void __real_osh_arch_unlock(enum osh_mutex mutex);
void __wrap_osh_arch_unlock(enum osh_mutex mutex);
_Noreturn void __wrap_osh_arch_fail(const char *reason, const void *address);
bool __wrap_osh_arch_decommit(uintptr_t *from, uintptr_t *to);

/* What the system gets may be anything when it comes back. */
bool __wrap_osh_arch_decommit(uintptr_t *from, uintptr_t *to)
{
    memset((void *)*from, 0xa5, *to - *from);
    return true;
}

int __wrap_sched_getcpu(void)
{
    return (int)core;
}

unsigned __wrap_osh_linux_cpus(void)
{
    return WORLD_CORES;
}

void *__wrap_osh_linux_zeroed(size_t bytes)
{
    static struct osh_lists lists[OSH_STOPPED_LISTS + WORLD_CORES];
    if (bytes > sizeof(lists)) {
        world_fail("lists of more cores than there are", NULL);
    }
    memset(lists, 0, bytes);
    return lists;
}

bool __wrap_osh_arch_os_started(void)
{
    return os_started;
}

bool __wrap_osh_arch_lock(enum osh_mutex mutex)
{
    if (osh_arch_in_interrupt()) {
        world_fail("a mutex is waited for in an interrupt", NULL);
    }
    if (!__real_osh_arch_try_lock(mutex)) {
        world_fail("a mutex is waited for whose holder cannot go on", NULL);
    }
    holders++;
    return true;
}

bool __wrap_osh_arch_try_lock(enum osh_mutex mutex)
{
    bool taken = __real_osh_arch_try_lock(mutex);
    holders += taken;
    return taken;
}

void __wrap_osh_arch_unlock(enum osh_mutex mutex)
{
    holders--;
    __real_osh_arch_unlock(mutex);
    seam();
}

void __wrap_osh_arch_fail(const char *reason, const void *address)
{
    world_fail(reason, address);
}

/* Seams: the function, then what it is called with. Declared as it is where it stands, so that
 * the compiler compares. */
#define SEAM(type, name, parameters, arguments) \
    __typeof__(name) __real_##name;             \
    __typeof__(name) __wrap_##name;             \
    type __wrap_##name parameters               \
    {                                           \
        seam();                                 \
        return __real_##name arguments;         \
    }

SEAM(void *, osh_newlib_malloc, (size_t size), (size))
SEAM(void *, osh_newlib_memalign, (size_t alignment, size_t size), (alignment, size))
SEAM(void, osh_newlib_free, (void *block), (block))
SEAM(void *, osh_newlib_resize, (void *block, size_t size), (block, size))
SEAM(void, osh_newlib_trim, (void), ())
SEAM(void, osh_deferred_push, (void *block), (block))
SEAM(void *, osh_deferred_take_all, (void), ())
SEAM(bool, osh_deferred_pending, (void), ())
SEAM(struct osh_chain, osh_slab_get, (unsigned cls, unsigned count, bool fresh),
     (cls, count, fresh))
SEAM(void, osh_slab_put, (unsigned cls, struct osh_chain chain), (cls, chain))
SEAM(osh_word_t, osh_slab_set_bits, (size_t page, unsigned cls, unsigned i, osh_word_t bits),
     (page, cls, i, bits))
SEAM(void, osh_slab_set_class, (size_t page, unsigned cls, unsigned byte), (page, cls, byte))
SEAM(void, osh_slab_list, (size_t page, unsigned cls), (page, cls))
SEAM(void, osh_slab_release, (size_t page, unsigned cls), (page, cls))
SEAM(bool, osh_depot_put, (unsigned cls, struct osh_chain magazine), (cls, magazine))
SEAM(struct osh_chain, osh_depot_get, (unsigned cls), (cls))
SEAM(bool, osh_arch_exchange, (enum osh_which which, unsigned cls, struct osh_chain *io),
     (which, cls, io))
SEAM(void, osh_arena_release_run, (size_t page, unsigned run), (page, run))
