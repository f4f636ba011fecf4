/* SPDX-License-Identifier: Apache-2.0 */
/* Written from ThreadX's documentation. */
#ifndef TX_INITIALIZE_H
#define TX_INITIALIZE_H

#define TX_INITIALIZE_IN_PROGRESS ((ULONG)0xF0F0F0F0UL)

#endif
