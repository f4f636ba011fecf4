// SPDX-License-Identifier: Apache-2.0
#include "libc_api.h"

#include <dlfcn.h>
#include <stdint.h>

const char *storm_identity(void)
{
    Dl_info info;
    void *from = (void *)(uintptr_t)&malloc;
    return dladdr(from, &info) != 0 && info.dli_fname != NULL ? info.dli_fname : "?";
}
