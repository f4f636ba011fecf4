/* SPDX-License-Identifier: Apache-2.0 */
/* Written from ThreadX's documentation. */
#ifndef TX_TIMER_H
#define TX_TIMER_H

extern TX_THREAD _tx_timer_thread;

#endif
