/* SPDX-License-Identifier: Apache-2.0 */
/* Armv7-A: tasks in system mode, interrupts on the stack of IRQ mode. */
    .syntax unified
    .arm
    .section .vectors, "ax"
    .balign 32
vectors:
    b .
    b fault
    b fault
    b fault
    b fault
    b .
    b irq
    b .

    .globl board_reset
    .type board_reset, %function
board_reset:
    ldr r0, =vectors
    mcr p15, 0, r0, c12, c0, 0
    mrc p15, 0, r4, c0, c0, 5
    and r4, r4, #0xff
    ldr r1, =__stack_top
    sub r1, r1, r4, lsl #13
    cpsid if, #0x12 /* IRQ mode: 4 KiB */
    mov sp, r1
    cps #0x1f /* system mode: the 4 KiB below, until a task's */
    sub sp, r1, #4096
    cmp r4, #0
    bne 1f
    bl start_first
1:  bl virt_start_core
    bl kernel_enter

start_first:
    bl virt_start_core
    bl start_main

    .text
fault:
    mov r0, #0
    sub r1, lr, #8
    cps #0x1f
    bl virt_fault

irq:
    sub lr, lr, #4
    srsdb sp!, #0x1f
    cps #0x1f
    push {r0-r12, lr}
    mov r0, sp
    ldr r1, [sp, #56]
    cps #0x12
    bl virt_interrupt
    cps #0x1f
    mov sp, r0
    clrex /* no exclusive pair survives: the heap's port asks for it */
    pop {r0-r12, lr}
    rfeia sp!

    .globl board_run_on
    .type board_run_on, %function
board_run_on:
    mov sp, r0
    cpsie i
    bx r1

    .globl board_semihost
    .type board_semihost, %function
board_semihost:
    svc 0x123456
    bx lr

    .globl virt_cpu_on
    .type virt_cpu_on, %function
virt_cpu_on: /* PSCI CPU_ON */
    mov r2, r1
    mov r1, r0
    ldr r0, =0x84000003
    mov r3, #0
    .inst 0xe1400070 /* hvc #0, which an assembler for v7-R does not know */
    bx lr
    .pool
