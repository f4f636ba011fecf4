/* SPDX-License-Identifier: Apache-2.0 */
/* The heap's hooks in ThreadX and ThreadX SMP. */
#include "osheap_threadx.h"

#include "os/os_heap.h"
#include "os/os_heap_port.h"

#include "tx_api.h"
#include "tx_initialize.h"
#include "tx_thread.h"
#include "tx_timer.h"

static TX_MUTEX mutexes[OS_HEAP_PORT_MUTEXES];
static bool prepared;

/* ThreadX copies no name. */
static CHAR name[] = "osheap";

void osheap_threadx_start(void *region, size_t bytes)
{
    for (unsigned i = 0; i < OS_HEAP_PORT_MUTEXES; i++) {
        if (tx_mutex_create(&mutexes[i], name, TX_INHERIT) != TX_SUCCESS) {
            os_heap_port_fail("osheap_threadx_start: call it once, in tx_application_define",
                              region);
        }
    }
    if (os_heap_init(region, bytes) != 0) {
        os_heap_port_fail(
            "osheap_threadx_start: the region is too small, or the heap has one already", region);
    }
    prepared = true;
}

/* A word of the kernel's: TX_INITIALIZE_IN_PROGRESS and above until the first thread runs, then the
 * number of handlers that are nested. */
bool os_heap_port_started(void)
{
    return TX_THREAD_GET_SYSTEM_STATE() < TX_INITIALIZE_IN_PROGRESS;
}

bool os_heap_port_in_interrupt(void)
{
    ULONG state = TX_THREAD_GET_SYSTEM_STATE();
    return state != 0 && state < TX_INITIALIZE_IN_PROGRESS;
}

/* ThreadX lets its timer thread, which calls the program's timer functions, wait for nothing. The
 * heap sees TX_DISABLE by itself. */
bool os_heap_port_may_wait(void)
{
#ifdef TX_TIMER_PROCESS_IN_ISR
    return true;
#else
    TX_THREAD *self;
    TX_THREAD_GET_CURRENT(self)
    return self != &_tx_timer_thread;
#endif
}

/* Another thread may end the wait of this one by tx_thread_wait_abort; the heap needs the mutex. */
void os_heap_port_lock(unsigned mutex)
{
    UINT status;
    do {
        status = tx_mutex_get(&mutexes[mutex], TX_WAIT_FOREVER);
    } while (status == TX_WAIT_ABORTED);
    if (status != TX_SUCCESS) {
        os_heap_port_fail("call osheap_threadx_start in tx_application_define", &mutexes[mutex]);
    }
}

/* A TX_MUTEX counts its owner's gets; the heap wants a refusal. Only the caller itself makes the
 * owner the caller, so the comparison cannot be overtaken. */
bool os_heap_port_try_lock(unsigned mutex)
{
    if (!prepared) {
        os_heap_port_fail("call osheap_threadx_start in tx_application_define", &mutexes[mutex]);
    }
    TX_THREAD *self;
    TX_THREAD_GET_CURRENT(self)
    return mutexes[mutex].tx_mutex_owner != self &&
           tx_mutex_get(&mutexes[mutex], TX_NO_WAIT) == TX_SUCCESS;
}

void os_heap_port_unlock(unsigned mutex)
{
    (void)tx_mutex_put(&mutexes[mutex]);
}

void os_heap_port_yield(void)
{
    tx_thread_relinquish();
}
