# SPDX-License-Identifier: Apache-2.0
"""The ports that osheap.c may contain: how the compiler's macros tell each, and what the build
gives each of them (arch/*/meson.build).

The first port whose condition holds is the one that is compiled.
"""

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Port:
    name: str        # as --port has it
    macro: str       # 1 in osheap.c where this port is compiled
    condition: str   # of the preprocessor
    folders: tuple   # where its headers are, first to last
    kit: str = ""    # the part of Concurrency Kit that its atomics are made of; see kit.py
    settings: tuple = field(default=())  # (name, value), where the build sets it

    @property
    def system(self):
        return self.name.split("/")[0]


CORE = ("core/config", "core/ground", "core/arena", "core/heap", "core/include", "arch", "arch/portable",
        "arch/atomic", "slab")


def firmware(cpu, name, condition, atomics, kit="", mask=False, lock="", settings=()):
    folders = (*CORE, "arch/firmware", f"arch/atomic/{atomics}", f"arch/{cpu}", "arch/arm",
               "arch/firmware/include", *([f"arch/atomic/mask/{cpu}"] if mask else []),
               *([f"arch/atomic/lock/{lock}"] if lock else []))
    return Port(f"firmware/{name}", f"OSH_ON_{name.upper()}", condition, folders, kit,
                (("OSH_LINK_WORDS", "2"), *settings))


def linux(name, condition, folder, kit):
    folders = (*CORE, "arch/atomic/ck", f"arch/linux/{folder}", "arch/linux", "arch/linux/include")
    return Port(f"linux/{name}", f"OSH_ON_LINUX_{name.upper()}", condition, folders, kit)


ON_LINUX = "defined(__linux__) && __STDC_HOSTED__"
NO_SEQUENCES = f"{ON_LINUX} && (OSH_PORTABLE || !__has_include(<sys/rseq.h>))"
PORTS = (
    linux("portable_x86_64", f"{NO_SEQUENCES} && defined(__x86_64__)", "portable", "x86_64"),
    linux("portable_aarch64", f"{NO_SEQUENCES} && defined(__aarch64__)", "portable", "aarch64"),
    linux("x86_64", f"{ON_LINUX} && defined(__x86_64__)", "x86_64", "x86_64"),
    linux("aarch64", f"{ON_LINUX} && defined(__aarch64__)", "aarch64", "aarch64"),
    firmware("armv6m", "armv6m", "defined(__ARM_ARCH_6M__) || defined(__ARM_ARCH_8M_BASE__)",
             "masked", mask=True, lock="rp2040"),
    firmware("armv7m", "armv7m", "defined(__arm__) && __ARM_ARCH >= 7 && __ARM_ARCH_PROFILE == 'M'",
             "builtin", "builtins"),
    firmware("armv7a", "armv7a", "defined(__arm__) && __ARM_ARCH >= 7 && __ARM_ARCH_PROFILE == 'A'",
             "ck", "arm"),
    firmware("armv7a", "armv7r", "defined(__arm__) && __ARM_ARCH >= 7 && __ARM_ARCH_PROFILE == 'R'",
             "builtin", "builtins"),
    # The atomics of Armv8.1, where the compiler may use them.
    firmware("aarch64", "aarch64_lse", "defined(__aarch64__) && defined(__ARM_FEATURE_ATOMICS)",
             "builtin", "builtins"),
    firmware("aarch64", "aarch64", "defined(__aarch64__)", "ck", "aarch64"),
    # The lock is never compiled for RISC-V, but armv6m's atomics, of which one hart's are made, name it.
    firmware("riscv", "riscv", "defined(__riscv)", "riscv", "builtins", mask=True, lock="rp2040",
             settings=(("OSH_START_WIDE", "0"),)),
)


def chosen(patterns):
    """The ports of --port: names, or what names begin with up to a slash; None if one is unknown."""
    if not patterns or "all" in patterns:
        return list(PORTS)
    wanted = set()
    for pattern in patterns:
        fits = {p.name for p in PORTS if p.name == pattern or p.system == pattern}
        if not fits:
            return None
        wanted |= fits
    return [port for port in PORTS if port.name in wanted]
