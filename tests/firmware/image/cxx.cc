/* SPDX-License-Identifier: Apache-2.0 */
/*
 * C++'s operators new and delete, all forms, and a static constructor that
 * allocates before main. Where there is a libstdc++ they are its own, with
 * exceptions; elsewhere those of cxx_runtime.cc.
 */
#include "cxx.h"

#define _Noreturn [[noreturn]]
extern "C" {
#include "check.h"
#include "os/os_heap.h"
}
#include "ours.h"

#if BOARD_HAS_LIBSTDCXX
#include <memory>
#include <string>
#include <vector>
#endif

namespace
{

/* Seen by the linker, so no pair of new and delete is taken out. */
void *volatile sink;

template <class T> T *kept(T *block)
{
    sink = block;
    return block;
}

size_t live()
{
    struct os_heap_stats stats;
    os_heap_stats(&stats);
    return stats.live;
}

unsigned destroyed;

struct Node {
    explicit Node(int v) : value(v)
    {
    }
    ~Node()
    {
        destroyed++;
    }
    int value;
    int more[5] = {};
};

struct alignas(256) Wide {
    char bytes[300] = {};
};

/* Runs before main. */
struct Early {
    Node *node = new Node(11);
};
Early early;

void static_constructor_has_used_this_heap()
{
    CHECK(is_ours(early.node) && early.node->value == 11);
    delete early.node;
    CHECK(destroyed == 1);
}

void every_form_is_of_this_heap()
{
    size_t before = live();
    Node *one = kept(new Node(7));
    Node *quiet = kept(new (std::nothrow) Node(8));
    int *many = kept(new int[1000]);
    int *quiet_many = kept(new (std::nothrow) int[3]);
    Wide *wide = kept(new Wide);
    Wide *quiet_wide = kept(new (std::nothrow) Wide);
    Wide *wide_many = kept(new Wide[3]);
    CHECK(is_ours(one) && one->value == 7 && is_ours(quiet) && quiet->value == 8);
    CHECK(is_ours(many) && is_ours(quiet_many));
    CHECK(is_ours(wide) && is_ours(quiet_wide) && is_ours(wide_many));
    CHECK((uintptr_t)wide % 256 == 0 && (uintptr_t)quiet_wide % 256 == 0);
    CHECK((uintptr_t)wide_many % 256 == 0);
    CHECK(os_malloc_usable_size(many) >= 1000 * sizeof(int));
    CHECK(live() > before);
    destroyed = 0;
    delete one;
    delete quiet;
    CHECK(destroyed == 2);
    delete[] many;
    delete[] quiet_many;
    delete wide;
    delete quiet_wide;
    delete[] wide_many;
    CHECK(live() == before);
}

/* As a program calls them that holds sizes and alignments itself. */
void functions_are_of_this_heap()
{
    size_t before = live();
    void *a = ::operator new(24);
    void *b = ::operator new(100, std::align_val_t(64));
    void *c = ::operator new[](48, std::nothrow);
    void *d = ::operator new[](5000, std::align_val_t(512), std::nothrow);
    CHECK(is_ours(a) && is_ours(b) && is_ours(c) && is_ours(d));
    CHECK((uintptr_t)b % 64 == 0 && (uintptr_t)d % 512 == 0);
    ::operator delete(a, size_t(24));
    ::operator delete(b, size_t(100), std::align_val_t(64));
    ::operator delete[](c, std::nothrow);
    ::operator delete[](d, std::align_val_t(512), std::nothrow);
    ::operator delete(nullptr);
    CHECK(live() == before);
}

void out_of_memory_is_told()
{
    volatile size_t too_much = SIZE_MAX / 4;
    CHECK(::operator new(too_much, std::nothrow) == nullptr);
    CHECK(::operator new(too_much, std::align_val_t(128), std::nothrow) == nullptr);
#if BOARD_HAS_LIBSTDCXX
    bool caught = false;
    try {
        sink = new char[too_much];
    } catch (const std::bad_alloc &) {
        caught = true;
    }
    CHECK(caught);
#endif
}

#if BOARD_HAS_LIBSTDCXX
/* The exception object itself is __cxa_allocate_exception's, which mallocs. */
void exceptions_and_containers_are_of_this_heap()
{
    size_t before = live();
    {
        std::string text(200, 'x');
        std::vector<std::unique_ptr<Node>> nodes;
        for (int i = 0; i < 100; i++) {
            nodes.push_back(std::make_unique<Node>(i));
            CHECK(is_ours(nodes.back().get()));
        }
        auto shared = std::make_shared<Node>(5);
        CHECK(is_ours(text.data()) && is_ours(nodes.data()) && is_ours(shared.get()));
        try {
            throw Node(99);
        } catch (const Node &thrown) {
            CHECK(is_ours(&thrown) && thrown.value == 99);
        }
    }
    CHECK(live() == before);
}
#endif

} // namespace

int main()
{
    static_constructor_has_used_this_heap();
    every_form_is_of_this_heap();
    functions_are_of_this_heap();
    out_of_memory_is_told();
#if BOARD_HAS_LIBSTDCXX
    exceptions_and_containers_are_of_this_heap();
#endif
    passed();
}
