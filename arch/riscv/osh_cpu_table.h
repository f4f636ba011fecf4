/* SPDX-License-Identifier: Apache-2.0 */
/*
 * RISC-V: a byte of a table at its address. The low part of the address goes into the load,
 * where the compiler adds it first. Not relaxed, since the linker would take the base away.
 */
#ifndef OSH_CPU_TABLE_H
#define OSH_CPU_TABLE_H

#include "osh_atomic.h"
#include "osh_class.h"

#if defined(__riscv_cmodel_medany) || defined(__riscv_cmodel_medlow)
#define OSH_CPU_TABLE
OSH_INLINE unsigned osh_cpu_class_of(size_t index)
{
    osh_word_t at;
    __asm__(".option push\n\t.option norelax\n"
#ifdef __riscv_cmodel_medany
            "1:\tauipc %0, %%pcrel_hi(osh_class_table)\n\t"
            "add %0, %0, %1\n\t"
            "lbu %0, %%pcrel_lo(1b)(%0)\n\t"
#else
            "lui %0, %%hi(osh_class_table)\n\t"
            "add %0, %0, %1\n\t"
            "lbu %0, %%lo(osh_class_table)(%0)\n\t"
#endif
            ".option pop"
            : "=&r"(at)
            : "r"(index));
    if (at > UINT8_MAX) {
        __builtin_unreachable(); /* it was a byte: nothing to extend */
    }
    return (unsigned)at;
}
#endif

#endif
