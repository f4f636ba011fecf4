/* SPDX-License-Identifier: Apache-2.0 */
/* AArch64: a breakpoint is stayed at, and exclusives must not be stepped through. */
#ifndef INJECT_CPU_H
#define INJECT_CPU_H

#include <elf.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/ptrace.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <sys/user.h>
#include <ucontext.h>

#define CPU_BREAKPOINT __asm__ volatile("brk #0" ::: "memory")

static inline uintptr_t cpu_handled_at(const ucontext_t *context)
{
    return (uintptr_t)context->uc_mcontext.pc;
}

static inline uintptr_t cpu_at(pid_t child)
{
    struct user_regs_struct registers;
    struct iovec all = {&registers, sizeof(registers)};
    return ptrace(PTRACE_GETREGSET, child, (void *)NT_PRSTATUS, &all) == 0 ? registers.pc : 0;
}

static inline void cpu_set_at(pid_t child, uintptr_t at)
{
    struct user_regs_struct registers;
    struct iovec all = {&registers, sizeof(registers)};
    if (ptrace(PTRACE_GETREGSET, child, (void *)NT_PRSTATUS, &all) == 0) {
        registers.pc = at;
        (void)ptrace(PTRACE_SETREGSET, child, (void *)NT_PRSTATUS, &all);
    }
}

static inline void cpu_leave_breakpoint(pid_t child)
{
    cpu_set_at(child, cpu_at(child) + 4);
}

static inline long cpu_patched(long word)
{
    return (word & ~0xffffffffl) | 0xd4200000l;
}

/* LDXR, LDAXR, LDXP, LDAXP of any width, and the stores that go with them. */
static inline bool is_exclusive(uint32_t code, bool load)
{
    bool casp = (code & 0x80200000u) == 0x00200000u;
    return (code & 0x3f800000u) == 0x08000000u && !casp && ((code >> 22) & 1u) == load;
}

/* B.cond, CBZ and CBNZ: 19 bits of offset in words. */
static inline bool is_branch(uint32_t code)
{
    return (code & 0xff000010u) == 0x54000000u || (code & 0x7e000000u) == 0x34000000u;
}

static inline uintptr_t branch_target(uintptr_t at, uint32_t code)
{
    intptr_t words = (int32_t)(code << 8) >> 13;
    return at + (uintptr_t)(words * 4);
}

#define MOST_BETWEEN 16u

static inline struct span cpu_span(uintptr_t at)
{
    const uint32_t *code = (const uint32_t *)at; /* parent and child have the same program */
    struct span span = {1, 4, 0, 0};
    if (!is_exclusive(code[0], true)) {
        return span;
    }
    for (unsigned i = 1; i < MOST_BETWEEN; i++) {
        if (is_exclusive(code[i], false)) {
            span.length = i + 1;
            return span;
        }
        if (is_branch(code[i])) {
            span.leaves = i + 1; /* of several the last: there are no such */
            span.left_to = branch_target(at + 4 * i, code[i]);
        }
    }
    return span; /* no store: nothing that could fail */
}

#endif
