/* SPDX-License-Identifier: Apache-2.0 */
/* The heap as one file, where `./dev amalgamate --output` has written it to this package's folder
 * `one`. Else the library is in src/. */
#include "syscfg/syscfg.h"

#if __has_include("../one/osheap.c")
#define OSH_RAM_BYTES MYNEWT_VAL(OSHEAP_RAM_BYTES)
#define OSH_CORES 1
#define OSH_HARDENING MYNEWT_VAL(OSHEAP_HARDENING)
#include "../one/osheap.c"
#endif
