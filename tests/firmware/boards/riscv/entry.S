/* SPDX-License-Identifier: Apache-2.0 */
/* Reset and traps of every hart, and semihosting. */
#if __riscv_xlen == 64
#define LX ld
#define SX sd
#define W 8
#else
#define LX lw
#define SX sw
#define W 4
#endif
#define FRAME (34 * W)

    .section .vectors, "ax"
    .globl board_reset
board_reset:
    .option push
    .option norelax
    la gp, __global_pointer$
    .option pop
    csrr t3, mhartid
#ifdef BOARD_FIRST_HART
    addi t0, t3, -(BOARD_FIRST_HART)
    bltz t0, 3f
#else
    mv t0, t3
#endif
    slli t1, t0, 13 /* 8 KiB of stack each, also for its traps */
    la sp, __stack_top
    sub sp, sp, t1
    csrw mscratch, sp
    la t1, trap
    csrw mtvec, t1
    bnez t0, 1f
    call start_main
1:  /* The others sleep until the first sends them a software interrupt. */
    li t1, 8
    csrw mie, t1
2:  wfi
    csrr t1, mip
    andi t1, t1, 8
    beqz t1, 2b
    fence
    csrw mie, zero
    slli t1, t3, 2
    li t2, 0x2000000
    add t1, t1, t2
    sw zero, 0(t1)
    call kernel_enter
3:  wfi /* a hart below the first is none of the kernel's */
    j 3b

    .text
    .balign 4
trap:
    addi sp, sp, -FRAME
    SX x1, 1*W(sp)
    .irp r, 5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31
    SX x\r, \r*W(sp)
    .endr
    csrr t0, mepc
    SX t0, 32*W(sp)
    csrr t1, mstatus
    SX t1, 33*W(sp)
    csrr t2, mcause
    bgez t2, fault
#ifdef __riscv_atomic
    /* Ends any reservation, for the tests' own spin locks: the heap does not need it. */
    SX zero, 0*W(sp)
#if __riscv_xlen == 64
    sc.d zero, zero, (sp)
#else
    sc.w zero, zero, (sp)
#endif
#endif
    mv a0, sp
    mv a1, t0
    csrr sp, mscratch
    call kernel_tick
    mv sp, a0
    LX t0, 32*W(sp)
    csrw mepc, t0
    LX t1, 33*W(sp)
    csrw mstatus, t1
    LX x1, 1*W(sp)
    .irp r, 5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31
    LX x\r, \r*W(sp)
    .endr
    addi sp, sp, FRAME
    mret
fault:
    mv a0, t2
    mv a1, t0
    csrr sp, mscratch
    call board_fault

    .globl board_run_on
board_run_on:
    mv sp, a0
    csrsi mstatus, 8
    jr a1

    /* Uncompressed and inside one page, as QEMU wants it. */
    .balign 16
    .globl board_semihost
    .option push
    .option norvc
board_semihost:
    slli x0, x0, 0x1f
    ebreak
    srai x0, x0, 7
    ret
    .option pop
