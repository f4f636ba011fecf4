/* SPDX-License-Identifier: Apache-2.0 */
/* What os_heap_trim gives to the system, by the calls that the library makes. */
#include "arch.h"
#include "crew.h"
#include "fresh_heap.h"
#include "os/os_heap.h"
#include "resident.h"
#include "sizes.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define BLOCK ((size_t)16 * KIB)
#define MOST_BLOCKS ((size_t)25000)

static void *blocks[MOST_BLOCKS];
static unsigned calls;
static size_t taken;     /* bytes that the system said it took */
static size_t shortest;  /* part of it */
static long system_page; /* as sysconf has it; 0: the truth */
static void (*inside_the_call)(void);
static atomic_bool waits; /* somebody, for the mutex of a reclaim */

int __real_madvise(void *start, size_t bytes, int advice);
int __wrap_madvise(void *start, size_t bytes, int advice);
long __real_sysconf(int name);
long __wrap_sysconf(int name);
__typeof__(osh_arch_lock) __real_osh_arch_lock;
__typeof__(osh_arch_lock) __wrap_osh_arch_lock;

int __wrap_madvise(void *start, size_t bytes, int advice)
{
    if (advice != MADV_DONTNEED) {
        return __real_madvise(start, bytes, advice);
    }
    void (*call)(void) = inside_the_call;
    inside_the_call = NULL;
    if (call != NULL) {
        call();
    }
    calls++;
    shortest = shortest == 0 || bytes < shortest ? bytes : shortest;
    assert_int_equal(((uintptr_t)start | bytes) % (uintptr_t)__wrap_sysconf(_SC_PAGESIZE), 0);
    int status = __real_madvise(start, bytes, advice);
    taken += status == 0 ? bytes : 0;
    return status;
}

long __wrap_sysconf(int name)
{
    return name == _SC_PAGESIZE && system_page != 0 ? system_page : __real_sysconf(name);
}

bool __wrap_osh_arch_lock(enum osh_mutex mutex)
{
    atomic_store(&waits, mutex == OSH_MUTEX_RECLAIM);
    return __real_osh_arch_lock(mutex);
}

/* Allocates so many blocks and writes to all of each; then frees them. */
static void use(size_t count)
{
    for (size_t i = 0; i < count; i++) {
        blocks[i] = os_malloc(BLOCK - 64);
        assert_non_null(blocks[i]);
        memset(blocks[i], 1, BLOCK - 64);
    }
}

static void stop_using(size_t count)
{
    for (size_t i = 0; i < count; i++) {
        os_free(blocks[i]);
    }
}

static void memory_freed_is_given_back_in_a_few_calls(void)
{
    heap_option("region=0x40000000");
    use(MOST_BLOCKS);
    stop_using(MOST_BLOCKS);
    size_t before = resident();
    size_t bytes = os_heap_trim();
    assert_true(bytes >= MOST_BLOCKS * (BLOCK - 64));
    assert_true(calls <= 8);
    assert_int_equal(bytes, taken);
    assert_true(before - resident() >= bytes / 10 * 9);
}

static void pages_between_live_blocks_are_given_back_a_call_for_each_row(void)
{
    if (BLOCK > OSH_SLAB_MAX) {
        skip_because("newlib keeps what is free between its blocks");
    }
    use(1024);
    for (size_t i = 0; i < 1024; i++) {
        if (i % 256 != 0) {
            os_free(blocks[i]);
        }
    }
    size_t bytes = os_heap_trim();
    assert_true(bytes >= 1000 * (BLOCK - 64));
    assert_true(calls <= 16);
    assert_int_equal(bytes, taken);
}

static void locked_memory_is_not_counted_and_given_back_when_it_is_unlocked(void)
{
    if (mlockall(MCL_FUTURE) != 0) {
        skip_because("this user may not lock memory");
    }
    use(1024);
    stop_using(1024);
    size_t before = resident();
    assert_int_equal(os_heap_trim(), 0);
    assert_true(calls <= 256);
    assert_true(resident() + MIB >= before);
    assert_int_equal(munlockall(), 0);
    assert_true(os_heap_trim() >= 1024 * (BLOCK - 64));
    assert_true(before - resident() + MIB >= 1024 * (BLOCK - 64));
}

static void locked_page_keeps_no_more_than_its_neighbours_from_the_system(void)
{
    use(1024);
    if (mlock(blocks[512], 4 * KIB) != 0) {
        skip_because("this user may not lock memory");
    }
    stop_using(1024);
    size_t before = resident();
    size_t bytes = os_heap_trim();
    assert_true(bytes >= 1000 * (BLOCK - 64));
    assert_true(before - resident() + MIB >= bytes);
}

/* A region of this mapping: two rounds, since what was not given back stays used. */
static void nothing_is_given_back_of(int mapping)
{
    size_t bytes = 64 * MIB;
    void *region = mmap(NULL, bytes, PROT_READ | PROT_WRITE, mapping | MAP_ANONYMOUS, -1, 0);
    assert_ptr_not_equal(region, MAP_FAILED);
    assert_int_equal(os_heap_init(region, bytes), 0);
    for (unsigned round = 0; round < 2; round++) {
        use(1024);
        stop_using(1024);
        assert_int_equal(os_heap_trim(), 0);
    }
}

static void shared_memory_that_keeps_its_contents_is_not_counted(void)
{
    nothing_is_given_back_of(MAP_SHARED);
}

static void private_memory_of_the_programs_is_counted(void)
{
    size_t bytes = 64 * MIB;
    void *region = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    assert_int_equal(os_heap_init(region, bytes), 0);
    use(1024);
    stop_using(1024);
    assert_true(os_heap_trim() >= 1024 * (BLOCK - 64));
}

static void pages_of_the_systems_that_are_longer_are_given_back_whole(void)
{
    system_page = 64 * (long)KIB;
    use(1024);
    stop_using(1024);
    size_t bytes = os_heap_trim();
    assert_true(bytes >= 1000 * (BLOCK - 64));
    assert_int_equal(bytes, taken);
    assert_true(shortest >= 64 * KIB);
}

static pthread_t other;

static void *allocate(void *unused)
{
    (void)unused;
    return os_malloc(BLOCK - 64);
}

/* Inside the system's call: all free pages are claimed. */
static void let_another_allocate(void)
{
    atomic_store(&waits, false);
    assert_int_equal(pthread_create(&other, NULL, allocate, NULL), 0);
    while (!atomic_load(&waits)) {
        osh_arch_yield();
    }
}

static void nothing(void)
{
}

static void malloc_that_finds_all_pages_on_their_way_to_the_system_waits_for_them(void)
{
    if (OSH_PAGE_BYTES < (size_t)sysconf(_SC_PAGESIZE)) {
        skip_because("the system's pages are longer than the heap's");
    }
    run_on_cpu(0, nothing); /* the OS has started: there is a mutex */
    size_t count = 0;
    while (count < MOST_BLOCKS && (blocks[count] = os_malloc(BLOCK - 64)) != NULL) {
        count++;
    }
    stop_using(count);
    inside_the_call = let_another_allocate;
    assert_true(os_heap_trim() >= count * (BLOCK - 64));
    void *block = NULL;
    assert_int_equal(pthread_join(other, &block), 0);
    assert_non_null(block);
}

int main(void)
{
    heap_option("idle=off"); /* nothing is given back before the calls below */
    const struct CMUnitTest tests[] = {
        in_fresh_heap(memory_freed_is_given_back_in_a_few_calls, PLATFORM_REGION),
        in_fresh_heap(pages_between_live_blocks_are_given_back_a_call_for_each_row,
                      PLATFORM_REGION),
        in_fresh_heap(locked_memory_is_not_counted_and_given_back_when_it_is_unlocked,
                      PLATFORM_REGION),
        in_fresh_heap(locked_page_keeps_no_more_than_its_neighbours_from_the_system,
                      PLATFORM_REGION),
        in_fresh_heap(shared_memory_that_keeps_its_contents_is_not_counted, PLATFORM_REGION),
        in_fresh_heap(private_memory_of_the_programs_is_counted, PLATFORM_REGION),
        in_fresh_heap(pages_of_the_systems_that_are_longer_are_given_back_whole, PLATFORM_REGION),
        in_fresh_heap(malloc_that_finds_all_pages_on_their_way_to_the_system_waits_for_them,
                      ROOMY_HEAP),
    };
    return cmocka_run_group_tests_name("privileges/trim", tests, NULL, NULL);
}
