/* SPDX-License-Identifier: Apache-2.0 */
/* The only function that takes a mutex. It regards what the caller may do, and whether the OS has
 * started. */
#ifndef OSH_TAKE_H
#define OSH_TAKE_H

#include "arch.h"

enum osh_taken {
    OSH_REFUSED, /* an interrupt, or another task has the mutex and the caller may not wait */
    OSH_ALONE,   /* the OS has not started: there is nothing to lock */
    OSH_LOCKED   /* the caller must unlock it */
};

OSH_SHARED_CODE enum osh_taken osh_take(enum osh_mutex mutex, bool wait)
{
    if (osh_arch_in_interrupt()) {
        return OSH_REFUSED;
    }
    if (!osh_arch_os_started()) {
        return OSH_ALONE;
    }
    return (wait ? osh_arch_lock(mutex) : osh_arch_try_lock(mutex)) ? OSH_LOCKED : OSH_REFUSED;
}

#endif
