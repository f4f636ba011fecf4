/* SPDX-License-Identifier: Apache-2.0 */
/* Firmware's lists on the machine: a word each, changed by exclusive pairs. */
#include "model_port.h"

#include "arch.h"

void model_port_start(void)
{
}

const char *model_port_suffix(void)
{
    return OSH_SMALL_CODE ? "@lean" : "@exclusives";
}

bool model_port_choose(const char *port)
{
    return port == NULL;
}

void model_port_on_core(unsigned core)
{
    (void)core; /* osh_cpu_core asks the machine */
}

void model_port_start_lists(void)
{
}

void *model_port_thread_lists(void)
{
    return NULL;
}

void model_port_set_thread_lists(void *lists)
{
    (void)lists;
}
