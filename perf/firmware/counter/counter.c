/* SPDX-License-Identifier: Apache-2.0 */
/* Functions whose instructions are counted by hand, to judge the counter by. */
#include "counter.h"

#define FUNCTION(name) ".globl " name "\n\t.type " name ", %function\n" name ":\n\t"

__asm__(".text\n\t"
        ".balign 4\n\t" FUNCTION("counter_empty_malloc") FUNCTION("counter_empty_free")
            FUNCTION("counter_empty_any") COUNTER_RETURN "\n\t" FUNCTION("counter_listing_malloc")
                FUNCTION("counter_listing_free") "1:\n\t" COUNTER_STEP "\n\t" COUNTER_RETURN "\n");
