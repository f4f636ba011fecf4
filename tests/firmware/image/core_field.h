/* SPDX-License-Identifier: Apache-2.0 */
/* For `surplus-field`: a core's number is in a register that the image writes. */
#ifdef __aarch64__
#define OSH_CORE_READ(reg) "mrs " reg ", tpidr_el0\n\t"
#else
#define OSH_CORE_READ(reg) "mrc p15, 0, " reg ", c13, c0, 2\n\t"
#endif
