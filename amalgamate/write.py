# SPDX-License-Identifier: Apache-2.0
"""The text of osheap.c."""

import re

import kit
import pieces
import ports
from names import Renames, undefined
from pieces import ROOT, Failed, Unit, merged
from sources import sources

# Sources that a program may leave out: the condition, and what stands there instead.
OPTIONAL = {
    "arch/firmware/osh_libc.c": ("!OSH_NO_MALLOC", "extern const char osh_libc_routes;\nconst char osh_libc_routes = 1;"),
    "arch/firmware/osh_no_os.c": ("OSH_NO_OS", ""),
    "arch/firmware/osh_selftest.c": ("OSH_SELFTEST", ""),
}
# In the order of the layers. What no port defines macros for comes before the ports' own headers, so
# that all ports have the same text there.
FIRST = ("os/os_heap.h", "os/os_heap_port.h", "os/os_heap_linux.h", "osh_config.h", "osh_compiler.h",
         "ck_pr.h", "osh_mask.h", "osh_atomic.h", "osh_class.h", "osh_harden.h", "osh_hot.h", "osh_chain.h",
         "osh_pairs.h", "arch.h")

# What newlib's own style brings. It comes last, so nothing of ours is behind these.
NEWLIB_WARNINGS = ("conversion", "sign-conversion", "shadow", "sign-compare", "unused",
                   "unused-but-set-variable", "unused-parameter", "implicit-fallthrough", "strict-prototypes", "undef")


def unit_of(port, newlib, given, renames):
    arch, heap, own, allocator = sources(port, newlib)
    unit = Unit(port, (*port.folders, "fallback", str(allocator.parent)), given)
    for name in FIRST:
        if name in given or name != "ck_pr.h" and is_there(unit, name):
            unit.include(name, pieces.Path("arch/arch.h"))
    for path in [*heap, allocator, *arch, *own]:
        unit.headers_of(path)
    for path in [*arch, *heap, *own]:
        body = list(pieces.parse(path))
        body[-1] = ("text", [*body[-1][1], *undefined(path)])
        body = [(kind, renames.apply(path, what) if kind == "text" else what) for kind, what in body]
        if str(path) in OPTIONAL:
            body = conditional(body, *OPTIONAL[str(path)])
        unit.body(path, body)
    unit.add(str(allocator), "before", [f'#pragma GCC diagnostic ignored "-W{w}"' for w in NEWLIB_WARNINGS])
    unit.body(allocator, pieces.parse(allocator))
    return unit


def is_there(unit, name):
    try:
        unit.resolve(name, pieces.Path("arch/arch.h"))
    except Failed:
        return False
    return True


def conditional(body, condition, otherwise):
    text = [line for kind, what in body if kind == "text" for line in what]
    includes = [item for item in body if item[0] != "text"]
    instead = ["#else", *otherwise.splitlines()] if otherwise else []
    return [*includes, ("text", [f"#if {condition}", *text, *instead, "#endif"])]


def condition_of(having, chosen):
    """The #if for what these ports have; "" if all have it."""
    if set(having) == set(chosen):
        return ""
    terms, left = [], list(having)
    for system in ("firmware", "linux"):
        of_system = [p for p in chosen if p.system == system]
        if of_system and all(p in left for p in of_system) and len(of_system) > 1:
            terms.append(f"OSH_ON_{system.upper()}")
            left = [p for p in left if p not in of_system]
    terms += [p.macro for p in left]
    return " || ".join(f"defined({term})" for term in terms)


def names_of(having):
    return ", ".join(port.name for port in having)


def selection(chosen):
    lines = ["/* The port: by the compiler's own macros. */"]
    for i, port in enumerate(chosen):
        lines += [f"#{'elif' if i else 'if'} {port.condition}", f"#define {port.macro} 1"]
        if not all(p.system == port.system for p in chosen):
            lines.append(f"#define OSH_ON_{port.system.upper()} 1")
        lines += [f"#define {name} {value}" for name, value in port.settings]
    known = ", ".join(p.name for p in chosen)
    lines += ["#else", f'#error "osheap.c has no port for this compiler\'s CPU and system; it has {known}"', "#endif"]
    single = {p.system for p in chosen}
    if len(single) == 1:
        lines.append(f"#define OSH_ON_{single.pop().upper()} 1")
    return lines


NEEDED = """
#ifdef OSH_ON_FIRMWARE
#ifndef OSH_RAM_BYTES
#error "osheap: how much RAM has the heap's region? -DOSH_RAM_BYTES=98304, in bytes"
#endif
#if !defined(OSH_CORES) && !defined(OSH_SOC_CORES)
#error "osheap: how many cores call the heap? -DOSH_CORES=1, or more"
#endif
#endif

#if defined(OSH_ON_RISCV) && defined(__clang__) && __clang_major__ < 17
#error "osheap: on RISC-V clang before 17 loses a result of asm goto: clang 17, or gcc"
#endif

#define OSH_ONE_UNIT 1
#ifdef OSH_ON_LINUX
#ifndef _GNU_SOURCE
#define _GNU_SOURCE 1
#endif
/* A shared object cannot have its variables of a thread where the program has them. */
#if !defined(OSH_TLS_MODEL) && (!defined(__PIC__) || defined(__PIE__))
#define OSH_TLS_MODEL "local-exec"
#endif
#endif

/* What the functions of one file share is local to it, and a program does not use all of it. */
#pragma GCC diagnostic ignored "-Wunused-function"
#pragma GCC diagnostic ignored "-Wunused-variable"
"""


def intro(chosen, newlib, version):
    contents = "nano-mallocr.c" if newlib == "nano" else "mallocr.c"
    licences = "Apache-2.0 AND LicenseRef-COPYING.NEWLIB" + (" AND BSD-2-Clause" if any(p.kit for p in chosen) else "")
    lines = [f"/* SPDX-License-Identifier: {licences} */", "/*",
             f" * osheap {version} in one file: a heap for multicore firmware and Linux, with newlib's {contents}",
             " * for large blocks. Written by `./dev amalgamate`: change the files whose names stand before each",
             " * section, not this one.", " *",
             " * Apache-2.0 (LICENSE): all but the two below.",
             f" * COPYING.NEWLIB: the section of newlib's {contents}."]
    if any(p.kit for p in chosen):
        lines.append(" * BSD-2-Clause: the sections of Concurrency Kit, which begin with it.")
    lines += [" *", " * Ports: " + ", ".join(p.name for p in chosen) + ".", " *",
              " *     gcc -O2 -pthread -I include program.c osheap.c                               Linux",
              " *     arm-none-eabi-gcc -mcpu=cortex-m4 -Os -DOSH_RAM_BYTES=98304 -DOSH_CORES=1 -c osheap.c",
              " */"]
    return wrapped(lines)


def wrapped(lines, width=100):
    out = []
    for line in lines:
        while len(line) > width and line.startswith(" * ") and ", " in line:
            cut = line.rfind(" ", 0, width)
            out.append(line[:cut])
            line = " *   " + line[cut + 1:]
        out.append(line)
    return out


def broken(line, width=100):
    """A long #if of ports as several lines."""
    mark = " || " if "OSH_ON_" in line else " && "
    if len(line) <= width or not re.match(r"#(el)?if ", line):
        return [line]
    cut = line.rfind(mark, 0, width - 2) + len(mark) - 1
    return [line[:cut] + " \\", *broken("    " + line[cut + 1:], width)] if cut > len(mark) else [line]


def system_headers(units, chosen):
    by_port = {}
    for unit in units:
        for name in unit.system:
            by_port.setdefault(name, []).append(unit.port)
    groups = {}
    for name in sorted(by_port):
        groups.setdefault(condition_of(by_port[name], chosen), []).append(f"#include <{name}>")
    for condition in sorted(groups):
        if condition:
            yield from (f"#if {condition}", *groups[condition], "#endif")
        else:
            yield from groups[condition]


def body(units, chosen):
    opened = None  # the ports of the open #if
    seen = set()
    for (title, number, text), having in merged(units):
        condition = condition_of(having, chosen)
        if opened and (not condition or set(opened) != set(having)):
            yield f"\n#endif /* {names_of(opened)} */"
            opened = None
        if condition and not opened:
            yield f"\n#if {condition}"
            opened = having
        yield f"\n/* file: {title}{', continued' if title in seen else ''} */"
        seen.add(title)
        yield text
    if opened:
        yield f"\n#endif /* {names_of(opened)} */"


def version():
    match = re.search(r"version: '([^']+)'", (ROOT / "meson.build").read_text())
    if not match:
        raise Failed("meson.build: there is no version")
    return match[1]


def osheap_c(chosen, newlib, newlib_text, ck_headers):
    renames = Renames([[path for paths in sources(port, newlib)[:3] for path in paths] for port in chosen])
    parts = {name: kit.part_of_kit(ck_headers, name) for name in sorted({p.kit for p in chosen} - {""})}
    units = []
    for port in chosen:
        given = {"newlib_mallocr.h": newlib_text}
        if port.kit:
            given["ck_pr.h"] = parts[port.kit]
        units.append(unit_of(port, newlib, given, renames))
    head = (ROOT / "amalgamate/head.h").read_text().splitlines()[1:]
    lines = [*intro(chosen, newlib, version()), "", *head, "", *selection(chosen), NEEDED,
             *system_headers(units, chosen), *body(units, chosen)]
    lines = [short for line in "\n".join(lines).splitlines() for short in broken(line)]
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)) + "\n"
