#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What RAM the heap needs for itself, and what it may hold back in caches.

Nothing is computed by a copy of a formula: the library is compiled for the target
with the configuration, tables are laid out by the compiler from core/arena/osh_layout.h,
static RAM is that of the objects, and the bound on cached bytes is the constant
that os_heap_stats reports.
"""

import argparse
import json
import re
import sys
from pathlib import Path

from objects import LEVELS, REGIONS, SOURCE, TARGETS, Build, Failed

CONSTANTS = ("OSH_PAGE_BYTES", "OSH_CORES", "OSH_CLASS_MAX", "OSH_SLAB_MAX", "OSH_MAGAZINE_MAX",
             "OSH_DEPOT_SLOTS", "OSH_MAGAZINE_BYTES", "OSH_KEPT_BYTES")
PARTS = ("OSH_BITMAP_BYTES", "OSH_NEAR_BYTES", "OSH_FAR_BYTES", "OSH_MAP_BYTES", "OSH_TABLE_BYTES")
STATIC = {"osh_lists": "core_lists", "slots": "depots", "osh_slabs": "slab_hints",
          "osh_arena": "arena", "osh_hot": "fast_paths"}


def lay_out(probe, start: int, region: int, page: int) -> dict[str, int]:
    """The pages that fit in the region, and the tables before them."""
    most = region // page
    candidates = range(most, max(most // 2 - 1, 0), -1)
    place = f"(uintptr_t){start}u, (uintptr_t){start + region}u"
    fits = probe([f"OSH_LAYOUT_FITS({place}, (size_t){n})" for n in candidates])
    pages = next((n for n, fit in zip(candidates, fits) if fit), 0)
    if pages == 0:
        raise Failed(f"a region of {region} bytes has no room for a page of {page}")
    parts = probe([f"{name}((size_t){pages})" for name in PARTS])
    bitmaps, records, far, maps, tables = parts
    return {"pages": pages, "bytes": pages * page, "page_classes": pages, "bitmaps": bitmaps,
            "slab_records": records + far, "slab_maps": maps, "tables": tables,
            "lost_at_ends": region - tables - pages * page}


def opens(region: int, small_max: int) -> int:
    """Largest size for which tasks open slabs, as slab/osh_slab_open.c has it."""
    largest = 64
    while 2 * largest <= min(region // 2048, small_max):
        largest *= 2
    return largest


def calculate(arguments: argparse.Namespace, root: Path) -> dict:
    defines = list(arguments.config)
    if arguments.ram:
        defines.append(f"OSH_RAM_BYTES={arguments.ram}u")
    if arguments.cores:
        defines.append(f"OSH_CORES={arguments.cores}")
    build = Build(root, arguments.target, arguments.level)
    build.configure()
    objects = build.compile(defines, "size")

    def probe(expressions: list[str]) -> list[int]:
        return build.evaluate(defines, expressions)

    page, cores, classes, small, magazine, slots, bytes_, kept = probe(list(CONSTANTS))
    region = arguments.region or arguments.ram
    build.keep(objects, [name for name in build.public(objects) if name not in REGIONS], "size")
    static = dict.fromkeys((*STATIC.values(), "newlib", "other"), 0)
    for name, size, newlibs in build.static_ram(objects, "size"):
        static["newlib" if newlibs else STATIC.get(name, "other")] += size
    static["all"] = sum(static.values())
    of_a_core, shared = (build.constant(defines, "core/ground/osh_class.c", f"osh_class_{name}_bound")
                         for name in ("core", "shared"))
    layout = lay_out(probe, arguments.start, region, page)
    return {"target": arguments.target, "level": arguments.level, "ram": arguments.ram,
            "config": arguments.config, "region": region, "cores": cores, "page": page,
            "classes": classes, "small_max": small, "magazine_max": magazine, "depot_slots": slots,
            "magazine_bytes": bytes_, "kept_bytes": kept,
            "layout": layout, "static": static, "opens_slabs": opens(layout["bytes"], small),
            "bound_of_a_core": of_a_core, "bound_shared": shared,
            "cached_bound": cores * of_a_core + shared}


def show(found: dict) -> None:
    layout, static, region = found["layout"], found["static"], found["region"]

    def line(what: str, size: int, note: str = "") -> None:
        print(f"  {what:<28}{size:>10}  {size * 100 / region:5.1f} %  {note}".rstrip())

    print(f"{found['target']}, -{found['level']}, {' '.join(found['config'])}".rstrip(", "))
    print(f"  {found['cores']} cores, pages of {found['page']} bytes, {found['classes']} classes "
          f"up to {found['small_max']} bytes")
    if found["target"] != "linux" or found["ram"]:
        print(f"  tasks open slabs up to {found['opens_slabs']} bytes, interrupts up to "
              f"{found['small_max']}; larger sizes come from newlib's heap")
    print(f"  a core keeps {2 * found['magazine_bytes']} bytes of a size at most, and "
          f"{2 * found['magazine_max']} blocks; {found['kept_bytes']} bytes of large blocks are kept")
    print("bytes, and their share of the region\nin the region")
    line("pages", layout["bytes"], f"{layout['pages']} of them")
    line("tables", layout["tables"], f"page classes {layout['page_classes']}, bitmaps "
         f"{layout['bitmaps']}, slab records {layout['slab_records']}, slab maps {layout['slab_maps']}")
    line("lost at the ends", layout["lost_at_ends"])
    print(".data and .bss")
    for key, size in static.items():
        line({"all": "together"}.get(key, key.replace("_", " ")), size)
    print("cached by all cores and depots")
    line("at most", found["cached_bound"], "offered back before a call returns NULL")


def size_of(text: str) -> int:
    found = re.fullmatch(r"(\d+)([kKmM]?)", text)
    if found is None:
        raise argparse.ArgumentTypeError(f"'{text}' is no size: bytes, or with K or M")
    return int(found.group(1)) << {"": 0, "k": 10, "m": 20}[found.group(2).lower()]


def setting(text: str) -> str:
    name, equals, value = text.partition("=")
    known = (SOURCE / "core" / "config" / "osh_config.h").read_text()
    if not equals or not value:
        raise argparse.ArgumentTypeError(f"'{text}' is not NAME=VALUE")
    if f"#ifndef {name}\n" not in known:
        raise argparse.ArgumentTypeError(f"core/config/osh_config.h has no tunable {name}")
    return text


def parse(words: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="dev size", description=__doc__)
    parser.add_argument("--ram", type=size_of, metavar="BYTES",
                        help="RAM for the heap, also as 32K or 64M")
    parser.add_argument("--config", metavar="NAME=VALUE", action="append", default=[], type=setting,
                        help="a tunable of core/config/osh_config.h; may be repeated")
    parser.add_argument("--region", type=size_of, metavar="BYTES",
                        help="that the heap really gets (default: the RAM)")
    parser.add_argument("--start", type=lambda text: int(text, 0), default=0x20000000,
                        metavar="ADDRESS", help="of the region (default: 0x20000000)")
    parser.add_argument("--cores", type=int, help="with caches of their own")
    parser.add_argument("--target", choices=[*TARGETS, "linux"], default="m33")
    parser.add_argument("--level", choices=LEVELS, default="Os")
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.add_argument("--build", type=Path, default=SOURCE / "build" / "size",
                        help="where to build (default: build/size)")
    arguments = parser.parse_args(words)
    if arguments.region is None and arguments.ram is None:
        parser.error("how much RAM is the heap to have? --ram BYTES")
    if arguments.cores is not None and arguments.cores < 1:
        parser.error("at least one core")
    return arguments


def main() -> int:
    arguments = parse(None)
    found = calculate(arguments, arguments.build.resolve())
    if arguments.json:
        print(json.dumps(found, indent=1))
    else:
        show(found)
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except Failed as failure:
        print(f"dev size: {failure}", file=sys.stderr)
        sys.exit(2)
