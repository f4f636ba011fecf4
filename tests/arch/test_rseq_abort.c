/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The kernel's half of the bargain, without the library: a sequence that spins
 * until `go` and then commits. `go` is raised only by what must have aborted it,
 * so a sequence that commits was not aborted.
 */
#include "crew.h"
#include "fresh_heap.h"
#include "pest.h"

#include <linux/membarrier.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/rseq.h>
#include <sys/syscall.h>
#include <unistd.h>

static _Atomic int inside;
static _Atomic int go;
static _Atomic int committed;
static _Atomic pid_t spinner;

#if defined(__x86_64__)
#define HAS_SEQUENCE 1

static bool spin_and_commit(void)
{
    __asm__ volatile goto(".pushsection __rseq_cs, \"aw\"\n\t"
                          ".balign 32\n"
                          "3:\n\t"
                          ".long 0, 0\n\t"
                          ".quad 1f, 2f - 1f, 4f\n\t"
                          ".popsection\n\t"
                          "leaq 3b(%%rip), %%rax\n\t"
                          "movq %%rax, %%fs:8(%[area])\n"
                          "1:\n\t"
                          "movl $1, (%[inside])\n"
                          "6:\n\t"
                          "pause\n\t"
                          "cmpl $0, (%[go])\n\t"
                          "je 6b\n\t"
                          "movl $1, (%[committed])\n"
                          "2:\n\t"
                          ".pushsection __rseq_failure, \"ax\"\n\t"
                          ".byte 0x0f, 0xb9, 0x3d\n\t"
                          ".long 0x53053053\n"
                          "4:\n\t"
                          "jmp %l[aborted]\n\t"
                          ".popsection\n"
                          :
                          : [area] "r"((intptr_t)__rseq_offset), [inside] "r"(&inside),
                            [go] "r"(&go), [committed] "r"(&committed)
                          : "memory", "cc", "rax"
                          : aborted);
    return true;
aborted:
    return false;
}
#elif defined(__aarch64__)
#define HAS_SEQUENCE 1

static bool spin_and_commit(void)
{
    char *area = (char *)__builtin_thread_pointer() + __rseq_offset;
    __asm__ volatile goto(
        ".pushsection __rseq_cs, \"aw\"\n\t"
        ".balign 32\n"
        "3:\n\t"
        ".long 0, 0\n\t"
        ".quad 1f, 2f - 1f, 4f\n\t"
        ".popsection\n\t"
        "adrp x9, 3b\n\t"
        "add x9, x9, :lo12:3b\n\t"
        "mov w10, #1\n\t"
        "str x9, [%[area], #8]\n"
        "1:\n\t"
        "str w10, [%[inside]]\n"
        "6:\n\t"
        "yield\n\t"
        "ldr w11, [%[go]]\n\t"
        "cbz w11, 6b\n\t"
        "str w10, [%[committed]]\n"
        "2:\n\t"
        "b 5f\n\t"
        ".inst 0xd428bc00\n"
        "4:\n\t"
        "b %l[aborted]\n"
        "5:\n"
        :
        : [area] "r"(area), [inside] "r"(&inside), [go] "r"(&go), [committed] "r"(&committed)
        : "memory", "x9", "x10", "x11"
        : aborted);
    return true;
aborted:
    return false;
}
#else
#define HAS_SEQUENCE 0

static bool spin_and_commit(void)
{
    return false;
}
#endif

static void need_sequences(void)
{
    if (!HAS_SEQUENCE) {
        skip_because("no sequence is written for this CPU");
    }
    if (__rseq_size == 0) {
        skip_because("glibc has registered no restartable sequences");
    }
    if (syscall(SYS_membarrier, MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED_RSEQ, 0, 0) != 0) {
        skip_because("the kernel has no membarrier for restartable sequences");
    }
}

static void wait_for(_Atomic int *flag)
{
    while (!atomic_load(flag)) {
        (void)sched_yield();
    }
}

static void raise_go(int number)
{
    (void)number;
    atomic_store(&go, 1);
}

/* Member 0 is in the sequence on CPU 0; member 1 does something to it. */
static void spin_or_disturb(unsigned member, void *disturb)
{
    if (member == 0) {
        pin_to_cpu(0);
        atomic_store(&spinner, (pid_t)syscall(SYS_gettid));
        assert_false(spin_and_commit());
        assert_int_equal(committed, 0);
        wait_for(&go); /* still there to be disturbed, whatever aborted it */
    } else {
        (*(void (**)(void))disturb)();
        raise_go(0);
    }
}

static void must_abort(void (*disturb)(void))
{
    need_sequences();
    for (unsigned i = 0; i < 50; i++) {
        atomic_store(&inside, 0);
        atomic_store(&go, 0);
        run_crew(2, spin_or_disturb, &disturb);
    }
}

static void undisturbed_sequence_commits(void)
{
    need_sequences();
    raise_go(0);
    unsigned commits = 0;
    for (unsigned i = 0; i < 1000; i++) {
        commits += spin_and_commit();
    }
    assert_true(commits > 900);
    assert_int_equal(committed, 1);
}

static void run_on_the_same_cpu(void)
{
    pin_to_cpu(0);
    wait_for(&inside);
}

static void preemption_aborts_the_sequence(void)
{
    must_abort(run_on_the_same_cpu);
}

static void send_a_signal(void)
{
    wait_for(&inside);
    assert_int_equal(syscall(SYS_tgkill, getpid(), atomic_load(&spinner), SIGUSR1), 0);
    wait_for(&go);
}

static void signal_aborts_the_sequence(void)
{
    pest_handle(SIGUSR1, raise_go);
    must_abort(send_a_signal);
}

static void fence_the_cpu(void)
{
    wait_for(&inside);
    assert_int_equal(syscall(SYS_membarrier, MEMBARRIER_CMD_PRIVATE_EXPEDITED_RSEQ, 0, 0), 0);
}

static void membarrier_aborts_the_sequence(void)
{
    must_abort(fence_the_cpu);
}

static void fence_one_cpu(void)
{
    wait_for(&inside);
    cpu_set_t where;
    size_t cpu = 0;
    assert_int_equal(sched_getaffinity(atomic_load(&spinner), sizeof(where), &where), 0);
    while (!CPU_ISSET(cpu, &where)) {
        cpu++;
    }
    long error = syscall(SYS_membarrier, MEMBARRIER_CMD_PRIVATE_EXPEDITED_RSEQ,
                         MEMBARRIER_CMD_FLAG_CPU, cpu);
    if (error != 0) {
        fence_the_cpu(); /* a kernel without the flag */
    }
}

static void membarrier_for_its_cpu_aborts_the_sequence(void)
{
    must_abort(fence_one_cpu);
}

static void move_to_another_cpu(void)
{
    wait_for(&inside);
    cpu_set_t old, all;
    pid_t who = atomic_load(&spinner);
    assert_int_equal(sched_getaffinity(who, sizeof(old), &old), 0);
    assert_int_equal(sched_getaffinity(getppid(), sizeof(all), &all), 0);
    CPU_XOR(&all, &all, &old);
    assert_int_equal(sched_setaffinity(who, sizeof(all), &all), 0);
}

static void migration_aborts_the_sequence(void)
{
    if (usable_cpus() < 2) {
        skip_because("there is one CPU only");
    }
    must_abort(move_to_another_cpu);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        in_fresh_heap(undisturbed_sequence_commits, PLATFORM_REGION),
        in_fresh_heap(preemption_aborts_the_sequence, PLATFORM_REGION),
        in_fresh_heap(signal_aborts_the_sequence, PLATFORM_REGION),
        in_fresh_heap(membarrier_aborts_the_sequence, PLATFORM_REGION),
        in_fresh_heap(membarrier_for_its_cpu_aborts_the_sequence, PLATFORM_REGION),
        in_fresh_heap(migration_aborts_the_sequence, PLATFORM_REGION),
    };
    return cmocka_run_group_tests_name("arch/rseq_abort", tests, NULL, NULL);
}
