/* SPDX-License-Identifier: Apache-2.0 */
/* Written from ThreadX's documentation. */
#ifndef TX_THREAD_H
#define TX_THREAD_H

extern TX_THREAD *_tx_thread_current_ptr;
#define TX_THREAD_GET_CURRENT(a) (a) = _tx_thread_current_ptr;

#endif
