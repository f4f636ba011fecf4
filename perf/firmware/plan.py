# SPDX-License-Identifier: Apache-2.0
"""The firmware storm: which boards, which allocators, which scenarios."""

from dataclasses import dataclass
from pathlib import Path

SOURCE = Path(__file__).resolve().parent.parent.parent


@dataclass(frozen=True)
class Board:
    """One of tests/firmware/boards. An instruction lasts 2^shift ns of QEMU's time."""

    folder: str
    about: str
    compiler: str
    emulator: str
    newlib: str  # Debian package
    shift: int


_ARM = "arm-none-eabi-gcc"
_RISCV = "riscv64-unknown-elf-gcc"
_A64 = "aarch64-linux-gnu-gcc"
_LIBRARY = "libnewlib-arm-none-eabi"

# SysTick, the only counter of an M-profile board, needs shift 8: see
# counter/mprofile.
BOARDS = {
    "m33": Board("an521", "Cortex-M33, 2 cores", _ARM, "qemu-system-arm", _LIBRARY, 8),
    "m4": Board("m4", "Cortex-M4", _ARM, "qemu-system-arm", _LIBRARY, 8),
    "m7": Board("m7", "Cortex-M7", _ARM, "qemu-system-arm", _LIBRARY, 8),
    "m0": Board("m0", "Cortex-M0", _ARM, "qemu-system-arm", _LIBRARY, 8),
    "rp2040": Board("rp2040", "RP2040 (2 x Cortex-M0+)", _ARM,
                    str(SOURCE / "tests/firmware/rp2040/run.cjs"), _LIBRARY, 8),
    "a15": Board("a15", "Cortex-A15, 4 cores", _ARM, "qemu-system-arm", _LIBRARY, 0),
    "a72": Board("a72", "Cortex-A72 (AArch64), 4 cores", _A64, "qemu-system-aarch64",
                 "newlib-source", 0),
    "n1": Board("n1", "Neoverse-N1 (AArch64, LSE), 4 cores", _A64, "qemu-system-aarch64",
                "newlib-source", 0),
    "rv64": Board("rv64", "RV64IMAC, 4 harts", _RISCV, "qemu-system-riscv64",
                  "newlib-source", 0),
    "rv32": Board("rv32", "RV32IMAC, 2 harts", _RISCV, "qemu-system-riscv32",
                  "newlib-source", 0),
}

# What the boards' builds are for: an image has so much for its heap.
RAM = "1M"

SCENARIOS = {
    "pair": "hot malloc and free of 32 B",
    "pair3000": "hot malloc and free of 3,000 B",
    "mixed16": "16 live blocks of 8 to 255 B, replaced at random",
    "mixed256": "256 live blocks of 8 to 255 B",
    "mixed2048": "2,048 live blocks of 8 to 255 B",
    "churn": "8 to 511 B at random in tables that go round the cores",
    "handoff": "one core allocates 16 to 511 B in batches, another frees them",
    "burst": "1,000 blocks of 16 to 255 B, freed LIFO, FIFO, shuffled",
    "mixed": "64 live blocks of 8 B to 8 KiB, replaced at random",
    "brink": "96 KiB kept full with 16 B to 2 KiB",
}


# What a region holds: a run for each region and kind of sizes, no instructions counted.
DENSITY = "density"
FIRST_NULL = "first_null_bytes"
DENSITY_KIB = (16, 32, 64, 96, 256, 1024)
DENSITY_KINDS = {
    "16..255": "16 to 255 B, every doubling equally likely",
    "16..2K": "16 B to 2 KiB, likewise",
    "12": "12 B",
    "40": "40 B",
    "100": "100 B",
    "700": "700 B",
    "stack": "a protocol stack: headers of 16 to 96 B, packets of 256 to 1,536, timers of 48",
    "strings": "strings that grow by realloc, 16 B a time, up to 16 B to 1 KiB",
    "churned": "16 to 255 B, 6,000 replaced at random while five eighths were allocated",
    "freed": "16 B to 2 KiB, after a first NULL and nine tenths of the blocks freed at random",
}
DENSITY_ALLOCATORS = ("default", "newlib", "nano")
DENSITY_SEEDS = (1, 2, 3)


# Every public call on every path, from a task and from an interrupt: for the longest
# of each, so only for this heap, and with no mean of a pair.
CALLS = "calls"


@dataclass(frozen=True)
class Allocator:
    """An image, and the hardening level of the build it is from (None: the default)."""

    image: str
    about: str
    hardening: int | None = 0
    scenarios: tuple[str, ...] = tuple(SCENARIOS)


REGIONS = ("pair", "pair3000", "mixed16", "mixed")
ALLOCATORS = {
    "level0": Allocator("osheap", "this heap without hardening"),
    "default": Allocator("osheap", "this heap at its default hardening", None),
    "regions0": Allocator("osheap-regions", "as `level0`, with a second region that has room", 0, REGIONS),
    "regions": Allocator("osheap-regions", "as `default`, with a second region", None, REGIONS),
    "second": Allocator("osheap-second", "as `default`, blocks of the second region by `os_malloc_in`, and the "
                        "instructions that name its capability", None, REGIONS[:3]), # 64 KiB
    "newlib": Allocator("newlib", "newlib's full allocator behind a mutex"),
    "nano": Allocator("nano", "newlib's nano allocator behind a mutex"),
    "newlib_bare": Allocator("newlib-bare", "newlib without any lock", 0, ("pair", "mixed16")),
    "nano_bare": Allocator("nano-bare", "newlib nano without any lock", 0, ("pair", "mixed16")),
}


def has_levels() -> bool:
    """Whether the library can be built at several levels of hardening."""
    return "option('hardening'" in (SOURCE / "meson_options.txt").read_text(encoding="utf-8")


def allocators() -> dict[str, Allocator]:
    """Those that this source can be built as: one level stands for both if it is all."""
    return {name: a for name, a in ALLOCATORS.items()
            if has_levels() or a.hardening is not None}
