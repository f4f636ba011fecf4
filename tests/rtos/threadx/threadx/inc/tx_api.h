/* SPDX-License-Identifier: Apache-2.0 */
/* Written from ThreadX's documentation: names and types are the real ones, of each control block
 * only the members used. */
#ifndef TX_API_H
#define TX_API_H

typedef void VOID;
typedef char CHAR;
typedef unsigned int UINT;
#if __SIZEOF_POINTER__ == 8 /* as ThreadX's 64-bit ports have it */
typedef unsigned int ULONG;
#else
typedef unsigned long ULONG;
#endif

#define TX_SUCCESS ((UINT)0x00)
#define TX_WAIT_ABORTED ((UINT)0x1A)
#define TX_NO_WAIT ((ULONG)0)
#define TX_WAIT_FOREVER ((ULONG)0xFFFFFFFFUL)
#define TX_INHERIT ((UINT)1)
#define TX_AUTO_START ((UINT)1)
#define TX_AUTO_ACTIVATE ((UINT)1)

typedef struct TX_THREAD_STRUCT {
    ULONG tx_thread_id;
} TX_THREAD;

typedef struct TX_MUTEX_STRUCT {
    ULONG tx_mutex_id;
    CHAR *tx_mutex_name;
    UINT tx_mutex_ownership_count;
    TX_THREAD *tx_mutex_owner;
} TX_MUTEX;

typedef struct TX_QUEUE_STRUCT {
    ULONG tx_queue_id;
} TX_QUEUE;

typedef struct TX_TIMER_STRUCT {
    ULONG tx_timer_id;
} TX_TIMER;

VOID tx_kernel_enter(VOID);
VOID tx_application_define(VOID *first_unused_memory);

UINT tx_mutex_create(TX_MUTEX *mutex_ptr, CHAR *name_ptr, UINT inherit);
UINT tx_mutex_get(TX_MUTEX *mutex_ptr, ULONG wait_option);
UINT tx_mutex_put(TX_MUTEX *mutex_ptr);

UINT tx_thread_create(TX_THREAD *thread_ptr, CHAR *name_ptr, VOID (*entry_function)(ULONG),
                      ULONG entry_input, VOID *stack_start, ULONG stack_size, UINT priority,
                      UINT preempt_threshold, ULONG time_slice, UINT auto_start);
VOID tx_thread_relinquish(VOID);
UINT tx_thread_sleep(ULONG timer_ticks);

UINT tx_queue_create(TX_QUEUE *queue_ptr, CHAR *name_ptr, UINT message_size, VOID *queue_start,
                     ULONG queue_size);
UINT tx_queue_send(TX_QUEUE *queue_ptr, VOID *source_ptr, ULONG wait_option);
UINT tx_queue_receive(TX_QUEUE *queue_ptr, VOID *destination_ptr, ULONG wait_option);

UINT tx_timer_create(TX_TIMER *timer_ptr, CHAR *name_ptr, VOID (*expiration_function)(ULONG),
                     ULONG expiration_input, ULONG initial_ticks, ULONG reschedule_ticks,
                     UINT auto_activate);

extern volatile ULONG _tx_thread_system_state;
#define TX_THREAD_GET_SYSTEM_STATE() _tx_thread_system_state

#endif
