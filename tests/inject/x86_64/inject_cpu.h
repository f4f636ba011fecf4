/* SPDX-License-Identifier: Apache-2.0 */
/* x86-64: a breakpoint is passed by itself, and every instruction can be stepped. */
#ifndef INJECT_CPU_H
#define INJECT_CPU_H

#include <stddef.h>
#include <sys/ptrace.h>
#include <sys/types.h>
#include <sys/user.h>
#include <ucontext.h>

#define CPU_BREAKPOINT __asm__ volatile("int3" ::: "memory")

static inline uintptr_t cpu_handled_at(const ucontext_t *context)
{
    return (uintptr_t)context->uc_mcontext.gregs[REG_RIP];
}

static inline uintptr_t cpu_at(pid_t child)
{
    struct user_regs_struct registers;
    return ptrace(PTRACE_GETREGS, child, NULL, &registers) == 0 ? registers.rip : 0;
}

static inline void cpu_set_at(pid_t child, uintptr_t at)
{
    struct user_regs_struct registers;
    if (ptrace(PTRACE_GETREGS, child, NULL, &registers) == 0) {
        registers.rip = at;
        (void)ptrace(PTRACE_SETREGS, child, NULL, &registers);
    }
}

static inline void cpu_leave_breakpoint(pid_t child)
{
    (void)child;
}

static inline long cpu_patched(long word)
{
    return (word & ~0xffl) | 0xcc;
}

static inline struct span cpu_span(uintptr_t at)
{
    (void)at;
    return (struct span){1, 1, 0, 0};
}

#endif
