/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a program may set: here, or on the compiler's line as -DNAME=value. On firmware the first
 * two are needed. The section core/config/osh_config.h below has more names, each in an #ifndef.
 */
/* #define OSH_RAM_BYTES 98304 */   /* RAM of the heap's region. On Linux: leave it out */
/* #define OSH_CORES 2 */           /* cores that call the heap. On Linux: leave it out */
/* #define OSH_HARDENING 1 */       /* which misuse is detected: 0 (least) to 2 */
/* #define OSH_CORE_FIRST 0 */      /* the lowest number of the cores that call the heap */
/* #define OSH_CORE_ID_ADDRESS 0 */ /* Cortex-M: where a core reads its number */
/* #define OSH_CORE_LOCK 1 */       /* RP2040: both cores, under a spinlock of the SIO */
/* #define OSH_CORE_AFFINITY 0 */   /* Armv7-A, AArch64: the number's field of MPIDR */
/* #define OSH_CORE_HEADER "x.h" */ /* a file that says how a core reads its number */
/* #define OSH_ADDS_REGIONS 1 */    /* level 0 on firmware: the program calls os_heap_add_region */
/* #define OSH_SLAB_MAX 1024 */     /* the largest size that an interrupt handler may ask for */
/* #define OSH_REGION_BYTES 1 */    /* Linux: how many addresses the heap reserves */

/* 1 on firmware without an OS: os_heap_port_started and the mutexes are defined here. With 0 the
 * RTOS's port defines them (include/os/os_heap_port.h). */
#ifndef OSH_NO_OS
#define OSH_NO_OS 0
#endif

/* 1: malloc and its family are not defined here. */
#ifndef OSH_NO_MALLOC
#define OSH_NO_MALLOC 0
#endif

/* 1: os_heap_port_selftest is defined here, for a board's bring-up. */
#ifndef OSH_SELFTEST
#define OSH_SELFTEST 0
#endif

/* 1 on Linux: lists by double-word compare-and-swap, not by restartable sequences. Chosen where the
 * C library has no sys/rseq.h. */
#ifndef OSH_PORTABLE
#define OSH_PORTABLE 0
#endif
