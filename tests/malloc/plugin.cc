// SPDX-License-Identifier: Apache-2.0
// Loaded by a C program (host.c), and libstdc++ with it: out of memory is an exception here too.
#include <cstddef>
#include <new>

static int asked;

extern "C" int plugin_catches();

extern "C" int plugin_catches()
{
    std::set_new_handler([] {
        asked++;
        std::set_new_handler(nullptr);
    });
    try {
        void *volatile block = ::operator new(std::size_t{1} << 60);
        ::operator delete(block);
    } catch (const std::bad_alloc &) {
        return ::operator new(std::size_t{1} << 60, std::nothrow) == nullptr ? asked : -1;
    }
    return -1;
}
