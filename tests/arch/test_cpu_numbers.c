/* SPDX-License-Identifier: Apache-2.0 */
/* A CPU's number finds its lists: any number, none, one that the system hides, and what a
 * reclaim does when the kernel does not help it. */
#include "crew.h"
#include "fresh_heap.h"
#include "os/os_heap.h"
#include "osh_arena.h"
#include "osh_linux.h"
#include "osh_lists.h"
#include "sizes.h"
#include "stamp.h"

#include <errno.h>
#include <linux/filter.h>
#include <linux/membarrier.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <stddef.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/rseq.h>
#include <sys/syscall.h>
#include <unistd.h>

#define PAGES 600

#define BLOCKS 200

static struct {
    unsigned char *block[BLOCKS];
    size_t bytes[BLOCKS];
} own;

/* Fills, checks and frees: blocks that overlap, or are shorter than asked for, are seen. */
static void use_the_heap(void)
{
    for (unsigned i = 0; i < BLOCKS; i++) {
        own.bytes[i] = 1 + (size_t)i * 37 % (SMALL_SIZE * 2);
        own.block[i] = os_malloc(own.bytes[i]);
        assert_non_null(own.block[i]);
        assert_true(os_malloc_usable_size(own.block[i]) >= own.bytes[i]);
        stamp_all(own.block[i], own.bytes[i], i);
    }
    for (unsigned i = 0; i < BLOCKS; i++) {
        assert_true(is_stamped_all(own.block[i], own.bytes[i], i));
        os_free(own.block[i]);
    }
}

static void every_number_below_the_bound_has_lists(void)
{
    os_free(os_malloc(SMALL_SIZE));
    unsigned bound = osh_linux_cpus();
    assert_in_range(bound, 1, OSH_LISTS_MOST);
    assert_true(sched_getcpu() < (int)bound);
    for (unsigned core = 0; core < bound; core++) {
        (void)*(volatile osh_word_t *)&osh_hot.lists[core].of.word[0][0];
    }
    for (unsigned i = 1; i <= OSH_STOPPED_LISTS; i++) {
        for (unsigned cls = 0; cls < OSH_CLASSES; cls++) {
            assert_int_equal((osh_hot.lists - i)->of.word[OSH_ACTIVE][cls], 0);
            assert_int_equal((osh_hot.lists - i)->of.word[OSH_SPARE][cls], 0);
        }
    }
}

static void use_it_on_every_cpu(void)
{
    for (unsigned cpu = 0; cpu < usable_cpus(); cpu++) {
        pin_to_cpu(cpu);
        use_the_heap();
    }
}

static void thread_may_go_to_any_cpu(void)
{
    pin_to_cpu(0);
    os_free(os_malloc(SMALL_SIZE));
    unpin();
    use_it_on_every_cpu();
}

/* Containers hide /sys, and show affinities of their own. */
static void cpus_that_the_system_hides_have_lists_all_the_same(void)
{
    if (unshare(CLONE_NEWNS) != 0 || mount("none", "/", "none", MS_REC | MS_PRIVATE, NULL) != 0 ||
        mount("none", "/sys", "tmpfs", 0, NULL) != 0) {
        skip_because("hiding /sys needs privileges");
    }
    thread_may_go_to_any_cpu();
}

/* As after a call of rseq by somebody else, or in a thread that was made without it. */
static bool lose_the_area(void)
{
    void *area = (char *)__builtin_thread_pointer() + __rseq_offset;
    const int unregister = 1;
    /* The length that it was registered with: it is told nowhere before glibc 2.40. */
    const unsigned lengths[] = {32, __rseq_size, 20, 64};
    for (size_t i = 0; __rseq_size != 0 && i < sizeof(lengths) / sizeof(lengths[0]); i++) {
        if (syscall(SYS_rseq, area, lengths[i], unregister, RSEQ_SIG) == 0) {
            return true;
        }
    }
    return false;
}

static void thread_without_an_area_is_served(void)
{
    os_free(os_malloc(SMALL_SIZE));
    if (!lose_the_area()) {
        skip_because("there is no area to lose");
    }
    use_it_on_every_cpu();
    struct os_heap_stats stats;
    (void)os_heap_trim();
    os_heap_stats(&stats);
    assert_int_equal(stats.live, 0);
}

static void heap_may_start_on_a_thread_without_an_area(void)
{
    if (!lose_the_area()) {
        skip_because("there is no area to lose");
    }
    use_it_on_every_cpu();
}

/* From here on the kernel answers the call membarrier so, if its command has one of these bits. */
static void answer_membarrier(unsigned commands, unsigned answer)
{
    struct sock_filter code[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_membarrier, 0, 3),
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args)),
        BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, commands, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, answer),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    struct sock_fprog filter = {sizeof(code) / sizeof(code[0]), code};
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 ||
        prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter) != 0) {
        skip_because("the kernel has no filters of system calls");
    }
}

/* To register takes 15 ms in a process with threads. */
static void start_registers_for_no_barrier(void)
{
    unsigned commands = MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED_RSEQ;
#ifdef __x86_64__
    commands |= MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED;
#endif
    answer_membarrier(commands, SECCOMP_RET_KILL_PROCESS);
    use_it_on_every_cpu();
}

/* The kernel refuses the first fence. */
static void first_reclaim_leaves_errno(void)
{
    os_free(os_malloc(SMALL_SIZE));
    errno = 0;
    (void)os_heap_trim();
    assert_int_equal(errno, 0);
}

static unsigned exhaust(void **first)
{
    unsigned count = 0;
    for (void *block; (block = os_malloc(SMALL_SIZE)) != NULL; count++) {
        *(void **)block = *first;
        *first = block;
    }
    return count;
}

static void free_all(void *first)
{
    while (first != NULL) {
        void *next = *(void **)first;
        os_free(first);
        first = next;
    }
}

static void reclaim_that_the_kernel_refuses_to_help_loses_nothing(void)
{
    use_it_on_every_cpu();
    answer_membarrier(~0u, SECCOMP_RET_ERRNO | EPERM);
    for (unsigned round = 0; round < 3; round++) {
        void *first = NULL;
        assert_true(exhaust(&first) > 0);
        assert_null(os_malloc(SMALL_SIZE));
        free_all(first);
        (void)os_heap_trim();
    }
    struct os_heap_stats stats;
    os_heap_stats(&stats);
    assert_int_equal(stats.live, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        in_fresh_heap(every_number_below_the_bound_has_lists, PAGES),
        in_fresh_heap(thread_may_go_to_any_cpu, PLATFORM_REGION),
        in_fresh_heap(cpus_that_the_system_hides_have_lists_all_the_same, PLATFORM_REGION),
        in_fresh_heap(thread_without_an_area_is_served, PAGES),
        in_fresh_heap(heap_may_start_on_a_thread_without_an_area, PAGES),
        in_fresh_heap(start_registers_for_no_barrier, PLATFORM_REGION),
        in_fresh_heap(first_reclaim_leaves_errno, PLATFORM_REGION),
        in_fresh_heap(reclaim_that_the_kernel_refuses_to_help_loses_nothing, PAGES),
    };
    return cmocka_run_group_tests_name("arch/cpu_numbers", tests, NULL, NULL);
}
