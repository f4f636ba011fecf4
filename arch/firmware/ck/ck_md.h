/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Concurrency Kit's machine description for cores without an OS. The one that a
 * distribution installs describes the build machine. On x86 it says total store order, which would
 * make fences empty on cores that need them.
 */
#ifndef CK_MD_H
#define CK_MD_H

#define CK_MD_CACHELINE 64
#define CK_MD_PAGESIZE 4096
#define CK_MD_RMO
#define CK_MD_RTM_DISABLE
#define CK_MD_POINTER_PACK_DISABLE
#define CK_MD_VMA_BITS 48ULL
#define CK_PR_DISABLE_DOUBLE
/* 0.7.1's header for Armv8.1's atomics does not compile: the builtins use them. */
#define CK_MD_LSE_DISABLE

#endif
