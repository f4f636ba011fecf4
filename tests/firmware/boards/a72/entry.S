/* SPDX-License-Identifier: Apache-2.0 */
/* AArch64 at EL1: an interrupt saves on the task's stack, then goes to the core's. */
    .section .vectors, "ax"
    .globl board_reset
board_reset:
    ldr x0, =vectors
    msr vbar_el1, x0
    mrs x0, mpidr_el1
    and x4, x0, #0xff
    ldr x1, =__stack_top
    sub x1, x1, x4, lsl #13
    mov sp, x1
    msr tpidr_el1, x1
    mov x19, x4
    bl virt_start_core
    cbnz x19, 1f
    bl start_main
1:  bl kernel_enter

    .balign 2048
vectors:
    .rept 5
    .balign 128
    b fault
    .endr
    .balign 128
    b irq
    .rept 10
    .balign 128
    b fault
    .endr

    .text
fault:
    mrs x0, esr_el1
    mrs x1, elr_el1
    b virt_fault

irq:
    sub sp, sp, #272
    stp x0, x1, [sp, #0]
    stp x2, x3, [sp, #16]
    stp x4, x5, [sp, #32]
    stp x6, x7, [sp, #48]
    stp x8, x9, [sp, #64]
    stp x10, x11, [sp, #80]
    stp x12, x13, [sp, #96]
    stp x14, x15, [sp, #112]
    stp x16, x17, [sp, #128]
    stp x18, x19, [sp, #144]
    stp x20, x21, [sp, #160]
    stp x22, x23, [sp, #176]
    stp x24, x25, [sp, #192]
    stp x26, x27, [sp, #208]
    stp x28, x29, [sp, #224]
    mrs x1, elr_el1
    mrs x2, spsr_el1
    stp x30, x1, [sp, #240]
    str x2, [sp, #256]
    mov x0, sp
    mrs x3, tpidr_el1
    mov sp, x3
    bl virt_interrupt
    mov sp, x0
    ldr x2, [sp, #256]
    ldp x30, x1, [sp, #240]
    msr spsr_el1, x2
    msr elr_el1, x1
    ldp x0, x1, [sp, #0]
    ldp x2, x3, [sp, #16]
    ldp x4, x5, [sp, #32]
    ldp x6, x7, [sp, #48]
    ldp x8, x9, [sp, #64]
    ldp x10, x11, [sp, #80]
    ldp x12, x13, [sp, #96]
    ldp x14, x15, [sp, #112]
    ldp x16, x17, [sp, #128]
    ldp x18, x19, [sp, #144]
    ldp x20, x21, [sp, #160]
    ldp x22, x23, [sp, #176]
    ldp x24, x25, [sp, #192]
    ldp x26, x27, [sp, #208]
    ldp x28, x29, [sp, #224]
    add sp, sp, #272
    eret

    .globl board_run_on
board_run_on:
    mov sp, x0
    msr daifclr, #2
    br x1

    .globl board_semihost
board_semihost:
    hlt #0xf000
    ret

    .globl virt_cpu_on
virt_cpu_on: /* PSCI CPU_ON */
    mov x2, x1
    mov x1, x0
    ldr x0, =0xc4000003
    mov x3, #0
#ifdef BOARD_PSCI_SMC
    smc #0
#else
    hvc #0
#endif
    ret
    .pool
