/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Three regions with gaps between them: one added before the OS starts, one while it runs. Tasks
 * and handlers of all cores take blocks by capabilities, resize them, and free those of others. In
 * the end the memory is whole, and all of it can be taken in order.
 */
#include "check.h"
#include "kernel.h"
#include "os/os_heap.h"
#include "osh_config.h"

#define DMA OS_HEAP_CAP_DMA
#define TCM OS_HEAP_CAP_TCM
#define DEFAULT OS_HEAP_CAP_DEFAULT

#define PAIRS (BOARD_CORES > 1 ? BOARD_CORES : 2)
#define BLOCKS 3000u
#define BOX 16u
#define BANK 12288u

static struct {
    unsigned char before[64]; /* nobody's, as the gaps */
    unsigned char dma[BANK];
    unsigned char between[200];
    unsigned char tcm[BANK];
    unsigned char behind[64];
} memory;

/* One producer, one consumer. */
struct mailbox {
    struct stamped slots[BOX];
    unsigned put;
    unsigned taken;
};
static struct mailbox boxes[PAIRS];
static struct stamped of_handler[BOARD_CORES][3];
static unsigned served_in_handlers[BOARD_CORES];
static unsigned misuses;
static enum os_heap_misuse last_misuse;

static void note_misuse(const struct os_heap_report *report)
{
    misuses++;
    last_misuse = report->misuse;
}

/* Which region: 0 the first, 1 `dma`, 2 `tcm`. */
static unsigned region_of(const void *block)
{
    return (uintptr_t)block - (uintptr_t)memory.dma < BANK   ? 1
           : (uintptr_t)block - (uintptr_t)memory.tcm < BANK ? 2
                                                             : 0;
}

/* A stamped block of some region with `caps`. False: memory is out. */
static bool take(struct stamped *s, uint32_t caps, size_t size)
{
    *s = (struct stamped){os_malloc_in(caps, size), 0};
    if (s->block == NULL || (stamped_resize(s, size) && s->block != NULL)) {
        CHECK(s->block == NULL || (caps & ~os_heap_caps(s->block)) == 0);
        return s->block != NULL;
    }
    os_free(s->block);
    return false;
}

static size_t some_size(struct rng *rng)
{
    return rng_next(rng) % 8 == 0 ? 1 + rng_next(rng) % 1500 : 1 + rng_next(rng) % 100;
}

static void produce(struct mailbox *box, struct rng *rng)
{
    static const uint32_t wishes[] = {DMA, DMA, TCM, DMA | TCM, DEFAULT, 0};
    for (unsigned i = 0; i < BLOCKS; i++) {
        struct stamped s;
        uint32_t caps = wishes[rng_next(rng) % 6];
        while (!take(&s, caps, some_size(rng))) {
            kernel_yield();
            caps = caps & ~TCM; /* TCM comes while the OS runs */
        }
        uint32_t has = os_heap_caps(s.block);
        if (stamped_resize(&s, some_size(rng))) {
            CHECK((has & ~os_heap_caps(s.block)) == 0);
        }
        /* Observes that the slot is free; pairs with the release in consume(). */
        while (i - __atomic_load_n(&box->taken, __ATOMIC_ACQUIRE) == BOX) {
            kernel_yield();
        }
        box->slots[i % BOX] = s;
        /* Publishes the block; pairs with the acquire in consume(). */
        __atomic_store_n(&box->put, i + 1, __ATOMIC_RELEASE);
    }
}

static void consume(struct mailbox *box)
{
    for (unsigned i = 0; i < BLOCKS; i++) {
        /* Observes the block; pairs with the release in produce(). */
        while (__atomic_load_n(&box->put, __ATOMIC_ACQUIRE) == i) {
            kernel_yield();
        }
        struct stamped s = box->slots[i % BOX];
        /* Publishes that the slot is free; pairs with the acquire in produce(). */
        __atomic_store_n(&box->taken, i + 1, __ATOMIC_RELEASE);
        stamped_free(&s);
    }
}

/* A handler never waits, and gets any size from an added region. */
static void handler(void)
{
    unsigned core = board_core();
    struct stamped *s = &of_handler[core][kernel_ticks() % 3];
    if (s->block != NULL) {
        stamped_free(s);
        s->block = NULL;
    } else if (take(s, DMA, kernel_ticks() % 2 == 0 ? 40 : OSH_SLAB_MAX + 200)) {
        CHECK(region_of(s->block) == 1);
        served_in_handlers[core]++;
    }
}

static void task(unsigned number)
{
    struct rng rng = {number + 1};
    if (number == 0) {
        kernel_yield();
        CHECK(os_heap_add_region(memory.tcm, BANK, TCM) == 0);
    }
    if (number % 2 == 0) {
        produce(&boxes[number / 2], &rng);
    } else {
        consume(&boxes[number / 2]);
    }
}

static void *take_all(uint32_t caps, size_t size, unsigned count[3])
{
    bool may_be_first = (caps & ~DEFAULT) == 0;
    void *chain = NULL;
    void *block;
    while ((block = os_malloc_in(caps, size)) != NULL) {
        CHECK((caps & ~os_heap_caps(block)) == 0);
        /* The order of adding; at last what the first region has cached, or in other sizes. */
        CHECK(region_of(block) == 0 || chain == NULL || region_of(block) >= region_of(chain));
        CHECK(region_of(block) == 0 || !may_be_first || count[0] > 0);
        count[region_of(block)]++;
        *(void **)block = chain;
        chain = block;
    }
    return chain;
}

static void give_all(void *chain)
{
    while (chain != NULL) {
        void *next = *(void **)chain;
        os_free(chain);
        chain = next;
    }
}

static void nothing_is_live(void)
{
    struct os_heap_stats stats;
    struct os_heap_gauge gauge;
    (void)os_heap_trim();
    os_heap_stats(&stats);
    os_heap_gauge(&gauge);
    CHECK(stats.live == 0);
    CHECK(stats.free == stats.region + stats.added);
    CHECK(stats.added > 2 * BANK * 9 / 10 && gauge.free == stats.free);
    CHECK(os_heap_check() == NULL);
}

static void gaps_are_untouched(void)
{
    unsigned sum = 0;
    for (unsigned i = 0; i < sizeof(memory.between); i++) {
        sum += memory.between[i];
        sum += i < sizeof(memory.before) ? memory.before[i] + memory.behind[i] : 0u;
    }
    CHECK(sum == 0);
}

static void misuse_is_reported(void)
{
    unsigned before = misuses;
    char *block = os_malloc_in(DMA, 100);
    os_free(block + 8);
    CHECK(misuses == before + 1 && last_misuse == OS_HEAP_NOT_A_START);
    os_free(block);
    os_free(block);
    CHECK(misuses == before + 2 && last_misuse == OS_HEAP_FREED_TWICE);
    os_free(memory.between);
    CHECK(misuses == before + 3 && last_misuse == OS_HEAP_NOT_OURS);
}

static void fill(uint32_t caps, bool first, bool dma, bool tcm)
{
    for (size_t size = 20; size < 4000; size *= 6) {
        unsigned count[3] = {0, 0, 0};
        void *chain = take_all(caps, size, count);
        CHECK((count[0] > 0) == first && (count[1] > 0) == dma && (count[2] > 0) == tcm);
        CHECK(!dma || count[1] * size > BANK / 2);
        CHECK(!tcm || count[2] * size > BANK / 2);
        give_all(chain);
        nothing_is_live();
    }
}

/* Fills the first region; what lies elsewhere is free again. */
static void *fill_the_first(void)
{
    unsigned count[3] = {0, 0, 0};
    void *chain = take_all(DEFAULT, 64, count);
    void *filled = NULL;
    while (chain != NULL) {
        void *next = *(void **)chain;
        if (region_of(chain) == 0) {
            *(void **)chain = filled;
            filled = chain;
        } else {
            os_free(chain);
        }
        chain = next;
    }
    return filled;
}

/* os_malloc asks for all bytes of a small size's class. */
static void sized_frees_fit(void)
{
    unsigned before = misuses;
    for (size_t size = 1; size <= OSH_SLAB_MAX + 20; size += 3) {
        void *block = os_malloc(size);
        CHECK(block != NULL && os_malloc_usable_size(block) >= size);
        os_free_sized(block, size);
        CHECK(misuses == before);
    }
}

/* And says no more than it can serve. */
static void largest_can_be_had(void)
{
    struct os_heap_gauge gauge;
    os_heap_gauge(&gauge);
    size_t largest = gauge.largest;
    for (size_t left = 0; left < OSH_SLAB_MAX + 100; left += 8) {
        void *most = os_malloc_in(DMA, largest - left);
        CHECK(most != NULL);
        os_heap_gauge(&gauge);
        CHECK(gauge.largest <= left + 8);
        void *rest = gauge.largest > 0 ? os_malloc(gauge.largest) : most;
        CHECK(rest != NULL);
        if (rest != most) {
            os_free(rest);
        }
        os_free(most);
    }
}

static unsigned quiet[BOARD_CORES];

static void quiet_core(void)
{
    for (unsigned i = 0; i < 3; i++) {
        struct stamped *s = &of_handler[board_core()][i];
        if (s->block != NULL) {
            stamped_free(s);
            s->block = NULL;
        }
    }
    /* Publishes that this core holds nothing; pairs with done(). */
    __atomic_store_n(&quiet[board_core()], 1, __ATOMIC_RELEASE);
}

static void done(void)
{
    unsigned served = 0;
    /* From here handlers only free what is left, each core its own. */
    kernel_on_tick(quiet_core);
    for (unsigned core = 0; core < BOARD_CORES; core++) {
        /* Observes what the core has freed; pairs with quiet_core(). */
        while (__atomic_load_n(&quiet[core], __ATOMIC_ACQUIRE) == 0) {
            kernel_yield();
        }
        served += served_in_handlers[core];
    }
    kernel_on_tick(NULL);
    CHECK(served > 0);
    report("interrupts", served);
    nothing_is_live();
    fill(DEFAULT, true, true, false);
    fill(0, true, true, true);
    fill(DMA, false, true, false);
    fill(TCM, false, false, true);
    unsigned count[3] = {0, 0, 0};
    CHECK(take_all(DMA | TCM, 10, count) == NULL);
    void *filled = fill_the_first();
    void *tcm = take_all(TCM, 16, count); /* which os_malloc takes nothing of */
    sized_frees_fit();
    largest_can_be_had();
    give_all(tcm);
    give_all(filled);
    misuse_is_reported();
    nothing_is_live();
    gaps_are_untouched();
    passed();
}

int main(void)
{
    (void)os_heap_set_report_hook(note_misuse);
    CHECK(os_heap_add_region(memory.dma, BANK, DMA | DEFAULT) == 0);
    CHECK(os_heap_add_region(memory.dma + 100, BANK, 0) == OS_HEAP_EINVAL);
    void *block = os_malloc_in(DMA, 300);
    CHECK(region_of(block) == 1);
    os_free(block);
    unsigned count[3] = {0, 0, 0};
    give_all(take_all(0, 300, count));
    CHECK(count[0] > 0 && count[1] > 0);
    for (unsigned i = 0; i < 2 * PAIRS; i++) {
        kernel_task(task, i);
    }
    kernel_on_tick(handler);
    kernel_run(done);
}
