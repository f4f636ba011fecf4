#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Makes each mistake of docs/mistakes.md, and compares what is printed with the table.

A mistake is configured by meson, compiled, linked or run, as a user would: on mps2-an521 under
QEMU, or on this machine. The sentence is what the tool or the program prints, without paths and
offsets. A mistake that prints nothing, or another sentence than the table has, fails.

usage: mistakes.py BUILD-ROOT [--write] [NAME ...]
  BUILD-ROOT   that of ./dev test; the library of BUILD-ROOT/firmware/an521 is linked
  --write      write the table anew
"""
import argparse
import concurrent.futures
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from rows import ROWS

ROOT = Path(__file__).resolve().parents[2]
HERE = Path(__file__).resolve().parent
PAGE = ROOT / "docs" / "mistakes.md"
BOARDS = ROOT / "tests" / "firmware" / "boards"
BEGIN, END = "<!-- the table: tests/mistakes/mistakes.py --write -->\n", "<!-- end -->\n"
CPU = ["-mcpu=cortex-m33+nodsp", "-mthumb", "-mfloat-abi=soft"]
NOOS = "arch/firmware/libosheap_noos.a"
QEMU = ["qemu-system-arm", "-M", "mps2-an521", "-nodefaults", "-display", "none", "-monitor", "none",
        "-serial", "none", "-chardev", "stdio,id=sh", "-semihosting-config",
        "enable=on,target=native,chardev=sh", "-kernel"]
INCLUDES = ["core/include", "core/config", "arch/firmware/include", "tests/firmware/kernel",
            "tests/firmware/boards/mprofile"]


def run(command, **options):
    """Status and all that was printed."""
    done = subprocess.run([str(part) for part in command], stdout=subprocess.PIPE, text=True, timeout=300,
                          stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, check=False, **options)
    return done.returncode, done.stdout


def must(command, **options):
    status, printed = run(command, **options)
    if status != 0:
        sys.exit(f"mistakes: {' '.join(str(part) for part in command)}\n{printed}")


def setup(folder, row):
    """meson's command for a row: the board's cross file, and what the row changes in it."""
    command = ["/usr/bin/meson", "setup", folder, ROOT, "-Dtests=false", "-Dstorm=false"]
    if row.get("board"):
        command += ["--cross-file", BOARDS / row["board"] / "cross.ini"]
    if row.get("cross"):
        changed = folder.with_suffix(".ini")
        changed.write_text(row["cross"])
        command += ["--cross-file", changed]
    if row.get("without"):  # a property that the user has left out
        text = (BOARDS / row["board"] / "cross.ini").read_text()
        kept = [line for line in text.splitlines() if not line.startswith(row["without"])]
        changed = folder.with_suffix(".ini")
        changed.write_text("\n".join(kept) + "\n")
        command[-1] = changed
    return command + row.get("options", [])


def configure(row, folder, _):
    status, printed = run(setup(folder, row))
    found = re.search(r"^(?:\S+: )?ERROR: (?:Problem encountered: )?(.*)$", printed, re.M)
    return found[1] if status != 0 and found else None


def compiling(row, folder, _):
    must(setup(folder, row))
    status, printed = run(["ninja", "-C", folder, "-j1", "-k1", "libosheap.a.p/arch_firmware_osh_lists.c.o"])
    found = re.search(r"error: (?:#error |static assertion failed: )?(.*)$", printed, re.M)
    return found[1].strip('"') if status != 0 and found else None


def library(root, row):
    """The row's own library, or the board's."""
    built = root / "firmware" / "an521"
    if "options" in row:
        built = root / "mistakes" / row["name"].replace(" ", "-")
        if not (built / "build.ninja").exists():
            must(setup(built, {"board": "an521", **row}))
        must(["ninja", "-C", built, "libosheap.a", NOOS])
    return built


def link(row, folder, root):
    """Status, what was printed, and the image."""
    folder.mkdir()
    built = library(root, row)
    sources = [HERE / "program.c", ROOT / "tests/firmware/kernel/start.c", ROOT / "tests/firmware/kernel/syscalls.c",
               BOARDS / "an521/board.c", BOARDS / "mprofile/context.c", BOARDS / "mprofile/semihost.c"]
    libraries = [built / "libosheap.a"]
    hooks = row.get("hooks", "hooks.c")
    includes = [f"-I{ROOT / path}" for path in INCLUDES]
    if hooks == "noos":
        libraries.append(built / NOOS)
    elif hooks:
        sources.append(HERE / hooks)
    script = (BOARDS / "sections.ld").read_text()
    for symbol in row.get("undefined", []):
        script = script.replace(f"{symbol} = .;", "")
    (folder / "sections.ld").write_text(script)
    image = folder / "image.elf"
    status, printed = run(
        ["arm-none-eabi-gcc", *CPU, "-O2", "-g0", "-std=gnu11", "-Wall", "-Wextra", "-Werror",
         "-fno-builtin-malloc", "-fno-builtin-free",
         "-ffunction-sections", *includes, "-DOSH_CORES=2", "-DBOARD_CORES=2",
         "-DBOARD_AN521=1", f"-DMISTAKE={row.get('makes', 'allocate')}", *row.get("defines", []),
         "-nostartfiles", "-T", BOARDS / "an521/link.ld", f"-L{folder}", f"-L{BOARDS}",
         "-Wl,--gc-sections", *row.get("flags", []), *sources, *libraries, "-o", image])
    return status, printed, image


def linking(row, folder, root):
    status, printed, _ = link(row, folder, root)
    found = re.findall(r"(?:undefined reference to|multiple definition of) .*$", printed, re.M)
    if status == 0 or not found:
        return None
    section = re.search(r"\((\.text\.define[^+)]*)", printed)
    what = found[0].split(";")[0].replace("`", "'")
    return f"({section[1]}): {what}" if section else what


def running(row, folder, root):
    status, printed, image = link(row, folder, root)
    if status != 0:
        sys.exit(f"mistakes: {row['name']} does not link\n{printed}")
    _, printed = run([*QEMU, image])
    found = re.search(r"^osheap: (.*)$", printed, re.M)
    return found[1] if found else None


def on_linux(row, folder, root):
    folder.mkdir()
    source = folder / "user.c"
    source.write_text('#include "os/os_heap.h"\nint main(void) { return os_malloc(20) == NULL; }\n')
    program = folder / "user"
    must(["gcc", f"-I{ROOT / 'core/include'}", source, root / "release" / "libosheap.a",
          "-pthread", "-o", program])
    _, printed = run([program], env={**os.environ, **row["environment"]})
    found = re.search(r"^osheap: (.*) \(address .*$", printed, re.M)
    return found[1] if found else None


MAKE = {"configure": configure, "compile": compiling, "link": linking, "run": running, "Linux": on_linux}


def make(row, scratch, root):
    folder = Path(scratch) / re.sub(r"\W+", "-", row["name"])
    try:
        return MAKE[row["when"]](row, folder, root)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def line_of(row, sentence):
    cell = " ".join(sentence.split()).replace("|", "\\|")
    return f"| {row['mistake']} | {row['when']} | {cell} | {row.get('cure', '')} |"


def build(root, rows):
    """The libraries that several rows share."""
    (root / "mistakes").mkdir(parents=True, exist_ok=True)
    if any(row["when"] in ("link", "run") for row in rows):
        built = root / "firmware" / "an521"
        if not (built / "build.ninja").exists():
            must(setup(built, {"board": "an521", "options": ["-Dram=1M", "-Dtests=true"]}))
        must(["ninja", "-C", built, "libosheap.a", NOOS])
    if any(row["when"] == "Linux" for row in rows):
        built = root / "release"
        if not (built / "build.ninja").exists():
            must(["/usr/bin/meson", "setup", built, ROOT, "-Dtests=false"])
        must(["ninja", "-C", built, "libosheap.a"])


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("root", type=Path)
    parser.add_argument("--write", action="store_true")
    parser.add_argument("names", nargs="*", metavar="NAME")
    arguments = parser.parse_args()
    root = arguments.root.resolve()
    unknown = set(arguments.names) - {row["name"] for row in ROWS}
    if unknown or (arguments.write and arguments.names):
        sys.exit(f"mistakes: --write takes no names; there are: {', '.join(row['name'] for row in ROWS)}")
    rows = [row for row in ROWS if not arguments.names or row["name"] in arguments.names]
    build(root, rows)
    with tempfile.TemporaryDirectory() as scratch, concurrent.futures.ThreadPoolExecutor(2) as two:
        sentences = list(two.map(lambda row: make(row, scratch, root), rows))
    page = PAGE.read_text()
    before, table = page.split(BEGIN)
    table, after = table.split(END)
    lines, failed = [], 0
    for row, sentence in zip(rows, sentences):
        if not sentence:
            failed += 1
            print(f"FAIL {row['name']}: nothing was printed: {row['mistake']}")
            continue
        lines.append(line_of(row, sentence))
        if not arguments.write and lines[-1] + "\n" not in table:
            failed += 1
            print(f"FAIL {row['name']}: the table of {PAGE.name} does not have this line:\n{lines[-1]}")
    if not arguments.names and table.count("\n") != len(ROWS) + 2 and not arguments.write:
        failed += 1
        print(f"FAIL {PAGE.name}: {table.count(chr(10)) - 2} lines, but {len(ROWS)} mistakes")
    if arguments.write and not failed:
        head = "| mistake | shown by | what it prints | where the sentence does not say it: the cure |\n|---|---|---|---|\n"
        PAGE.write_text(before + BEGIN + head + "\n".join(lines) + "\n" + END + after)
    print(f"mistakes: {len(rows)} made, {failed} failed")
    return int(failed > 0)


if __name__ == "__main__":
    sys.exit(main())
