/* SPDX-License-Identifier: Apache-2.0 */
#include "fresh_heap.h"
#include "os/os_heap.h"
#include "osh_harden.h"
#include "sizes.h"

static void every_size_gets_the_smallest_class_that_holds_it(void **state)
{
    (void)state;
    for (size_t size = 1; size <= OSH_SLAB_MAX; size++) {
        unsigned cls = osh_class_of(size);
        assert_in_range(cls, 1, OSH_CLASS_MAX);
        assert_true(osh_class_bytes(cls) >= size);
        assert_true(cls == 1 || osh_class_bytes(cls - 1) < size);
    }
}

static void size_0_is_in_the_smallest_class(void **state)
{
    (void)state;
    assert_int_equal(osh_class_of(0), 1);
}

static void sizes_of_a_class_are_those_of_the_list(void **state)
{
    (void)state;
#define ROW(cls, bytes, step) {(cls), (unsigned)(bytes), (unsigned)(step)},
    static const struct {
        unsigned cls, bytes, step;
    } list[] = {OSH_EACH_CLASS(ROW)};
    unsigned below = 0;
    for (unsigned i = 0; i < sizeof(list) / sizeof(list[0]); i++) {
        assert_int_equal(list[i].cls, i + 1);
        assert_int_equal(list[i].bytes - list[i].step, below);
        below = list[i].bytes;
        assert_int_equal(osh_class_bytes(list[i].cls), below);
        for (unsigned size = below - list[i].step + 1; size <= below; size++) {
            assert_int_equal(osh_class_of(size), list[i].cls);
            if (size <= OSH_TABLE_MAX) {
                assert_int_equal(osh_class_of_table(size), list[i].cls);
            }
        }
    }
    assert_int_equal(below, OSH_SLAB_MAX);
    assert_int_equal(osh_class_of(below), OSH_CLASS_MAX);
}

static void waste_above_64_bytes_is_at_most_a_quarter(void **state)
{
    (void)state;
    for (size_t size = 65; size <= OSH_SLAB_MAX; size++) {
        assert_true((osh_class_bytes(osh_class_of(size)) - size) * 4 <= size);
    }
}

static void waste_from_1_KiB_to_8_KiB_is_at_most_an_eighth(void **state)
{
    (void)state;
    for (size_t size = 1025; size <= 8192 && size <= OSH_SLAB_MAX; size++) {
        assert_true((osh_class_bytes(osh_class_of(size)) - size) * 8 <= size);
    }
}

static void objects_of_every_class_are_aligned_for_any_of_their_size(void **state)
{
    (void)state;
    FOR_EACH_CLASS(cls)
    {
        size_t bytes = osh_class_bytes(cls);
        assert_int_equal(bytes % alignment_for(bytes), 0);
    }
}

static void index_is_exact_for_every_byte_of_every_object(void **state)
{
    (void)state;
    FOR_EACH_CLASS(cls)
    {
        size_t bytes = osh_class_bytes(cls);
        unsigned object = 0;
        size_t end = bytes;
        unsigned wrong = 0;
        for (size_t offset = 0; offset < bytes * osh_class_info[cls].objects; offset++) {
            if (offset == end) {
                object++;
                end += bytes;
            }
            wrong += osh_class_index(cls, offset) != object;
        }
        assert_int_equal(wrong, 0);
    }
}

static void waste_at_the_end_of_a_slab_is_bounded(void **state)
{
    (void)state;
    size_t parts = OSH_RUN_LOG2 > 0 ? 4 : 2; /* with runs of pages a quarter at most */
    FOR_EACH_CLASS(cls)
    {
        size_t slab = OSH_PAGE_BYTES << osh_class_run(cls);
        assert_true((slab - osh_class_info[cls].objects * osh_class_bytes(cls)) * parts <= slab);
    }
}

static void every_class_has_a_slab_a_magazine_and_a_depot_within_bounds(void **state)
{
    (void)state;
    FOR_EACH_CLASS(cls)
    {
        const struct osh_class *info = &osh_class_info[cls];
        /* Also where these are computed and no table is read. */
        assert_int_equal(osh_class_bytes(cls), info->bytes);
        assert_int_equal(osh_class_objects(cls), info->objects);
        assert_int_equal(osh_class_magazine(cls), info->magazine);
        assert_true(info->objects >= 1 && osh_class_run(cls) <= OSH_RUN_LOG2);
        assert_int_equal(info->objects, (OSH_PAGE_BYTES << osh_class_run(cls)) / info->bytes);
        assert_in_range(info->magazine, 0, OSH_MAGAZINE_MAX);
        assert_in_range(info->depot, 0, OSH_DEPOT_SLOTS);
    }
}

/* Every byte of two slabs, for os_free also of the last two that its fast path takes: the second
 * shows that what is above a slab is masked. */
static void exactly_the_starts_of_whole_objects_are_starts(void **state)
{
    (void)state;
    FOR_EACH_CLASS(cls)
    {
        uintptr_t slab = OSH_PAGE_BYTES << osh_class_run(cls);
        for (uintptr_t offset = 0; offset < 2 * slab; offset++) {
            uintptr_t in_slab = offset % slab;
            bool start = in_slab % osh_class_bytes(cls) == 0 &&
                         in_slab / osh_class_bytes(cls) < osh_class_info[cls].objects;
            uintptr_t reach = OSH_START_REACH < UINTPTR_MAX ? OSH_START_REACH : 64 * slab;
            if (osh_is_start(cls, offset) != start ||
                osh_harden_is_start(osh_start, cls, offset) != (start || OSH_HARDENING == 0) ||
                osh_harden_is_start(osh_start, cls, reach - 2 * slab + offset) !=
                    (start || OSH_HARDENING == 0)) {
                fail_msg("class %u, byte %zu", cls, (size_t)offset);
            }
        }
    }
    assert_false(osh_is_start(0, 0)); /* a page that is no slab has no starts */
}

static void cached_bound_is_what_all_magazines_hold(void **state)
{
    (void)state;
    size_t of_a_core = 0;
    size_t shared = 0;
    FOR_EACH_CLASS(cls)
    {
        const struct osh_class *info = &osh_class_info[cls];
        unsigned lists = osh_class_is_single(cls) ? 1 : 2;
        of_a_core += (size_t)lists * info->magazine * info->bytes;
        shared += (size_t)info->depot * info->magazine * info->bytes;
    }
    assert_true(!OSH_VIRTUAL || of_a_core <= 2 << 20);
    assert_int_equal(osh_class_core_bound, of_a_core);
    assert_int_equal(osh_class_shared_bound, shared + OSH_KEPT_BYTES + OSH_DEPOT_GROWTH);
}

static void usable_size_is_the_class_at_each_boundary(void)
{
    FOR_EACH_CLASS(cls)
    {
        size_t bytes = osh_class_bytes(cls);
        void *below = os_malloc(bytes - 1);
        void *at = os_malloc(bytes);
        void *above = os_malloc(bytes + 1);
        assert_int_equal(os_malloc_usable_size(below), bytes);
        assert_int_equal(os_malloc_usable_size(at), bytes);
        if (cls < OSH_CLASS_MAX) {
            assert_int_equal(os_malloc_usable_size(above), osh_class_bytes(cls + 1));
        } else {
            assert_true(os_malloc_usable_size(above) > bytes);
        }
        os_free(below);
        os_free(at);
        os_free(above);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_size_gets_the_smallest_class_that_holds_it),
        cmocka_unit_test(size_0_is_in_the_smallest_class),
        cmocka_unit_test(sizes_of_a_class_are_those_of_the_list),
        cmocka_unit_test(waste_above_64_bytes_is_at_most_a_quarter),
        cmocka_unit_test(waste_from_1_KiB_to_8_KiB_is_at_most_an_eighth),
        cmocka_unit_test(objects_of_every_class_are_aligned_for_any_of_their_size),
        cmocka_unit_test(index_is_exact_for_every_byte_of_every_object),
        cmocka_unit_test(waste_at_the_end_of_a_slab_is_bounded),
        cmocka_unit_test(every_class_has_a_slab_a_magazine_and_a_depot_within_bounds),
        cmocka_unit_test(exactly_the_starts_of_whole_objects_are_starts),
        cmocka_unit_test(cached_bound_is_what_all_magazines_hold),
        in_fresh_heap(usable_size_is_the_class_at_each_boundary, ROOMY_HEAP),
    };
    return cmocka_run_group_tests_name("core/class", tests, NULL, NULL);
}
