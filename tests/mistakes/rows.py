# SPDX-License-Identifier: Apache-2.0
"""The mistakes of docs/mistakes.md, and how each is made.

when       what shows it: configure, compile, link, run (AN521), Linux
board      whose cross file is used; cross: what is changed in it; without: a property left out
options    of meson setup; for link and run a library of the row's own
makes      a function of program.c; hooks: the program's hooks, or noos, or None
undefined  symbols that the linker script does not define
"""


def properties(*lines):
    return "[properties]\n" + "\n".join(lines) + "\n"


ROWS = [
    # Configuring.
    {"name": "no cpu", "when": "configure", "board": "an521", "without": "osheap_cpu",
     "mistake": "the cross file has no `osheap_cpu`"},
    {"name": "unknown cpu", "when": "configure", "board": "an521",
     "cross": properties("osheap_cpu = 'cortex-m33'"),
     "mistake": "`osheap_cpu = 'cortex-m33'`: no such name"},
    {"name": "ram unit", "when": "configure", "board": "an521", "options": ["-Dram=96KB"],
     "mistake": "`-Dram=96KB`"},
    {"name": "ram tiny", "when": "configure", "board": "an521", "options": ["-Dram=1K"],
     "mistake": "`-Dram=1K`"},
    {"name": "no cores", "when": "configure", "board": "an521", "options": ["-Dcores=0"],
     "mistake": "`-Dcores=0`"},
    {"name": "cores in words", "when": "configure", "board": "an521", "options": ["-Dcores=two"],
     "mistake": "`-Dcores=two`"},
    {"name": "many cores", "when": "configure", "board": "an521", "options": ["-Dcores=300"],
     "mistake": "`-Dcores=300`"},
    {"name": "misspelt setting", "when": "configure", "board": "an521",
     "options": ["-Dconfig=OSH_MAGAZINE_BYTE=512"],
     "mistake": "`-Dconfig=OSH_MAGAZINE_BYTE=512`: a name misspelt"},
    {"name": "misspelt property", "when": "configure", "board": "an521",
     "cross": properties("osheap_config = ['OSH_CORE_ID_ADRESS=0x5001f000u']"),
     "mistake": "a name misspelt in the cross file's `osheap_config`"},
    {"name": "no newlib", "when": "configure", "board": "an521",
     "options": ["-Dnewlib_source=/nowhere/newlib.tar.xz"],
     "mistake": "`-Dnewlib_source` names no file"},
    {"name": "no ck", "when": "configure", "board": "an521", "options": ["-Dck_headers=/nowhere"],
     "mistake": "`-Dck_headers` names no folder with Concurrency Kit"},
    # Compiling.
    {"name": "no core number", "when": "compile", "board": "m4", "options": ["-Dcores=2"],
     "mistake": "`armv7m` for two cores, and no `OSH_CORE_ID_ADDRESS`"},
    {"name": "no lock", "when": "compile", "board": "m0", "options": ["-Dcores=2"],
     "mistake": "`armv6m` for two cores, and no `osheap_lock`"},
    {"name": "two harts without A", "when": "compile", "board": "rv32imc", "options": ["-Dcores=2"],
     "mistake": "two harts without the A extension"},
    {"name": "other compiler", "when": "compile", "board": "an521",
     "cross": properties("osheap_cpu = 'riscv'"),
     "mistake": "`osheap_cpu = 'riscv'` with a compiler for Arm"},
    {"name": "a folder too high", "when": "compile", "board": "m0",
     "cross": properties("osheap_cpu = 'armv7m'"),
     "mistake": "`osheap_cpu = 'armv7m'` for a Cortex-M0"},
    {"name": "setting out of range", "when": "compile", "board": "an521",
     "options": ["-Dconfig=OSH_SLAB_MAX=1000"],
     "mistake": "`-Dconfig=OSH_SLAB_MAX=1000`: a value out of range"},
    # Linking.
    {"name": "no hooks", "when": "link", "hooks": None,
     "mistake": "no RTOS port is linked, and no `libosheap_noos.a`"},
    {"name": "misspelt hook", "when": "link", "defines": ["-DSIZE=LARGE", "-DMISSPELT"],
     "mistake": "a port lacks a hook: `os_heap_port_unlock`"},
    {"name": "two allocators", "when": "link", "flags": ["-Wl,-u,mallinfo"],
     "mistake": "the program calls newlib's `mallinfo`, which links newlib's allocator too",
     "cure": "`os_heap_stats`"},
    # Running.
    {"name": "no region", "when": "run", "undefined": ["__osh_heap_start", "__osh_heap_end"],
     "mistake": "the linker script defines no region, and `os_heap_init` is not called"},
    {"name": "half a region", "when": "run", "undefined": ["__osh_heap_end"],
     "mistake": "the linker script defines `__osh_heap_start` only"},
    {"name": "small region", "when": "run", "flags": ["-Wl,--defsym=__heap_bytes=600"],
     "mistake": "the linker script's region has 600 bytes"},
    {"name": "small init", "when": "run", "makes": "ignore_the_result_of_init",
     "undefined": ["__osh_heap_start", "__osh_heap_end"],
     "mistake": "`os_heap_init` gets 600 bytes, and its result is ignored"},
    {"name": "one core of two", "when": "run", "makes": "allocate_on_both_cores", "options": ["-Dcores=1"],
     "mistake": "`-Dcores=1`, and core 1 allocates"},
    {"name": "noos on two cores", "when": "run", "makes": "allocate_on_both_cores", "hooks": "noos",
     "defines": ["-DSIZE=LARGE"],
     "mistake": "`libosheap_noos.a`, or a port whose `os_heap_port_started` stays false, on two cores"},
    {"name": "recursive mutex", "when": "run", "defines": ["-DSIZE=LARGE", "-DRECURSIVE"],
     "mistake": "`os_heap_port_try_lock` with a recursive mutex"},
    {"name": "leave alone", "when": "run", "makes": "leave_and_not_enter",
     "mistake": "an interrupt exit calls `os_heap_interrupt_leave`, its entry calls nothing"},
    {"name": "enter alone", "when": "run", "makes": "enter_and_not_leave",
     "mistake": "an interrupt entry calls `os_heap_interrupt_enter`, its exit calls nothing"},
    {"name": "double free", "when": "run", "makes": "free_twice",
     "mistake": "a block is freed twice", "cure": "`-Dhardening=2` names the callers"},
    {"name": "foreign free", "when": "run", "makes": "free_foreign",
     "mistake": "a pointer is freed that is not of this heap", "cure": "`-Dhardening=2` names the caller"},
    # On Linux.
    {"name": "region of words", "when": "Linux", "environment": {"OSHEAP_OPTIONS": "region=64M"},
     "mistake": "`OSHEAP_OPTIONS=region=64M`"},
    {"name": "port of words", "when": "Linux", "environment": {"OSHEAP_OPTIONS": "port=fast"},
     "mistake": "`OSHEAP_OPTIONS=port=fast`"},
    {"name": "option of words", "when": "Linux", "environment": {"OSHEAP_OPTIONS": "purge=1"},
     "mistake": "`OSHEAP_OPTIONS=purge=1`, a name that there is not"},
]
