/* SPDX-License-Identifier: Apache-2.0 */
/*
 * For the image tests: with OSH_SEQUENCES, every exclusive pair and every
 * masked section puts its first and last address into the section
 * osh_sequences, so that an interrupt handler can tell whether it has
 * interrupted one. Other builds have none of this.
 *
 * Exclusives: OSH_SEQUENCE_FIRST stands behind the load, OSH_SEQUENCE_LAST
 * before the store. An exception at an address between the two makes the store fail, and the
 * operation begins again.
 *
 * Masked sections: OSH_SEQUENCE_LAST stands behind the unmasking. There the CPU takes an interrupt
 * that came inside the section and was held off.
 */
#ifndef OSH_SEQUENCE_H
#define OSH_SEQUENCE_H

/* Between the core's number and the load: the image test `sequence` stops there. */
#ifndef OSH_SEQUENCE_ENTERED
#define OSH_SEQUENCE_ENTERED
#endif

#ifdef OSH_SEQUENCES
#define OSH_SEQUENCE_FIRST "8:\n\t"
#define OSH_SEQUENCE_LAST                           \
    "9:\n\t"                                        \
    ".pushsection osh_sequences, \"a\"\n\t"         \
    ".balign 8\n\t" OSH_SEQUENCE_WORD " 8b, 9b\n\t" \
    ".popsection\n\t"
#if __SIZEOF_POINTER__ == 8
#define OSH_SEQUENCE_WORD ".quad"
#else
#define OSH_SEQUENCE_WORD ".long"
#endif
#else
#define OSH_SEQUENCE_FIRST
#define OSH_SEQUENCE_LAST
#endif

#endif
