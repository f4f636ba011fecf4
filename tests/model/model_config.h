/* SPDX-License-Identifier: Apache-2.0 */
/* The configuration of the explorers: as few pages, objects and blocks as show all there is to see.
 */
#undef OSH_RUN_LOG2
#define OSH_RUN_LOG2 MODEL_RUN_LOG2
#undef OSH_SLAB_WASTE
#define OSH_SLAB_WASTE 4
#undef OSH_SLAB_OBJECTS
#define OSH_SLAB_OBJECTS 2
#undef OSH_CLASS_STEPS_LOG2
#define OSH_CLASS_STEPS_LOG2 2
#undef OSH_TABLE_MAX
#define OSH_TABLE_MAX 256
#undef OSH_TABLE_SHIFT
#define OSH_TABLE_SHIFT 3
#undef OSH_MAGAZINE_MIN
#define OSH_MAGAZINE_MIN 1
#undef OSH_CACHED_MAX
#define OSH_CACHED_MAX 256
#undef OSH_QUARANTINE_MAX
#define OSH_QUARANTINE_MAX 0
#undef OSH_DEPOT_MOST
#define OSH_DEPOT_MOST \
    (OSH_DEPOT_PARTS > 1 ? 32 : (OSH_DEPOT_SLOTS)) /* each execution copies all */
#undef OSH_GAP_LEAST
#define OSH_GAP_LEAST 4 /* more than other scenarios have */
#undef OSH_KEPT_LEAST_LOG2
#define OSH_KEPT_LEAST_LOG2 10
#undef OSH_KEPT_MOST_LOG2
#define OSH_KEPT_MOST_LOG2 12
