#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The amalgamation: it compiles without a warning, says what is missing, keeps its names to itself,
runs on Linux and on the boards, and has the instructions and the size of the library.

--long: every board, at levels 0 and 1, with both of newlib's allocators.
"""

import argparse
import json
import re
import shutil
import subprocess
import sys
import tarfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from boards import SECTIONS, SOURCE, Board, Failed, built, emulate, hit, kept, link, run

HERE = Path(__file__).resolve().parent
BOARDS = ("an521", "m4", "m7", "m0", "rp2040", "m23", "a15", "r5", "a72", "n1", "rv64", "rv32", "rv64imc", "rv32imc")
FEW = ("an521", "m0", "rp2040", "a15", "a72", "rv64")
BY_CLANG = ("an521", "a72")
IMAGES = ("functional", "storm")
WARNINGS = ["-Wall", "-Wextra", "-Wconversion", "-Wshadow", "-Werror"]
FAMILY = r"(_?(malloc|free|cfree|calloc|realloc|reallocf|memalign|valloc|pvalloc|malloc_usable_size)(_r)?" \
         r"|reallocarray|aligned_alloc|posix_memalign|_sbrk)"
# What the build of the library gives a compiler for size, beside what it gives every one.
SIZE = ["-fno-strict-aliasing", "-fno-move-loop-invariants", "-fno-schedule-insns2", "-fno-tree-loop-im",
        "-fno-tree-coalesce-vars", "-fno-tree-sink"]
SMALL = ["-DOSH_HARDENING=0", "-DOSH_RAM_BYTES=262144u"]
LARGER = 1.02  # at most, beside the library for size, without those

ONE_M4 = ["arm-none-eabi-gcc", "-mcpu=cortex-m4"]
REFUSED = (  # command, what the compiler says
    (ONE_M4 + ["-DOSH_CORES=1"], "how much RAM has the heap's region? -DOSH_RAM_BYTES="),
    (ONE_M4 + ["-DOSH_RAM_BYTES=98304"], "how many cores call the heap? -DOSH_CORES="),
    (ONE_M4 + ["-DOSH_RAM_BYTES=98304", "-DOSH_CORES=2"], "where does a core read its number? -DOSH_CORE_ID_ADDRESS="),
    (["arm-none-eabi-gcc", "-mcpu=cortex-m0", "-DOSH_RAM_BYTES=16384", "-DOSH_CORES=2"], "-DOSH_CORE_LOCK=1 is RP2040's"),
    (["arm-none-eabi-gcc", "-mcpu=arm926ej-s"], "osheap.c has no port for this compiler's CPU and system"),
    (["riscv64-unknown-elf-gcc", "-march=rv32imc", "-mabi=ilp32", "-idirafter", "/usr/include/newlib",
      "-DOSH_RAM_BYTES=98304", "-DOSH_CORES=2"], "OSH_CORES=1, or A in -march"),
    (["clang", "--target=riscv64-unknown-elf", "-march=rv64imac", "-idirafter", "/usr/include/newlib",
      "-DOSH_RAM_BYTES=98304", "-DOSH_CORES=1"], "on RISC-V clang before 17 loses a result of asm goto"),
    (ONE_M4 + ["-DOSH_RAM_BYTES=1", "-DOSH_CORES=1"], "OSH_RAM_BYTES is 2 KiB to"),
)


def amalgamate(*options):
    return run([str(SOURCE / "dev"), "amalgamate", *map(str, options)])


def written_twice_it_is_the_same(root):
    for folder in ("full", "again", "nano"):
        shutil.rmtree(root / folder, ignore_errors=True)
    for folder in ("full", "again"):
        amalgamate("--output", root / folder)
    amalgamate("--newlib", "nano", "--output", root / "nano")
    amalgamate("--tar", root / "osheap.tar.gz")
    names = sorted(str(p.relative_to(root / "full")) for p in (root / "full").rglob("*") if p.is_file())
    with tarfile.open(root / "osheap.tar.gz") as tar:
        packed = {m.name.removeprefix("osheap/"): tar.extractfile(m).read() for m in tar}
    for name in names:
        text = (root / "full" / name).read_bytes()
        if text != (root / "again" / name).read_bytes() or packed.get(name) != text:
            raise Failed(f"{name} differs from one writing to the next")
    text = (root / "full/osheap.c").read_text()
    for name in re.findall(r"^/\* #define (\w+)", text, re.M):
        if not re.search(rf"^\s*#\s*(ifn?def|if|elif) .*\b{name}\b", text, re.M):
            raise Failed(f"osheap.c says that {name} may be set, and does not ask for it")
    return f"{len(names)} files: {', '.join(names)}"


def no_warning(root, boards, long):
    """Without --long, nano, which differs in newlib's part, has the first options, and boards no C11."""
    jobs = []
    def kinds(options, first):
        return ("full", "nano") if long or options == first else ("full",)

    for compiler in ("gcc", "clang"):
        for options in ([], ["-DOSH_PORTABLE=1"], ["-DOSH_HARDENING=0"], ["-DOSH_HARDENING=2"], ["-fPIC"],
                        ["-std=c11"], ["-std=gnu2x"], ["-Os", "-DOSH_RAM_BYTES=1048576"]):
            jobs += [(lambda out, c=compiler, k=kind, o=options:
                      run([c, "-O2", *WARNINGS, *o, "-c", str(root / k / "osheap.c"), "-o", str(out)]))
                     for kind in kinds(options, [])]
    for board in map(Board, boards):
        for options in (["-O2"], *([["-O2", "-std=c11"]] if long else []), ["-Os", "-DOSH_HARDENING=0"],
                        ["-O2", "-DOSH_NO_MALLOC=1", "-DOSH_NO_OS=1", "-DOSH_SELFTEST=1"]):
            jobs += [(lambda out, b=board, k=kind, o=options:
                      b.compile(root / k / "osheap.c", out, *WARNINGS, "-DOSH_RAM_BYTES=98304", *o))
                     for kind in kinds(options, ["-O2"])]
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(lambda job: job[1](root / f"w{job[0]}.o"), enumerate(jobs)))
    return f"{len(jobs)} compilations by gcc and clang"


def what_is_missing_is_said(root):
    newer = int(run(["clang", "-dumpversion"]).split(".")[0]) >= 17
    refused = [row for row in REFUSED if not (newer and row[0][0] == "clang")]
    for command, sentence in refused:
        done = subprocess.run([*command, "-c", str(root / "full/osheap.c"), "-o", str(root / "w.o")],
                              capture_output=True, text=True, check=False)
        if done.returncode == 0 or sentence not in done.stderr:
            raise Failed(f"{' '.join(command)}: does not say '{sentence}', but\n{done.stderr[:600]}")
    return f"{len(refused)} lines without something, each with its sentence"


def names_stay_inside(root, boards):
    def strange(nm, file, allowed):
        names = [l.split()[-1] for l in run([nm, "--defined-only", "-g", str(file)]).splitlines() if l.strip()]
        return [n for n in names if not re.fullmatch(rf"osh?_\w+|{allowed}", n)]
    for kind in ("full", "nano"):
        run(["gcc", "-O2", "-c", str(root / kind / "osheap.c"), "-o", str(root / "n.o")])
        wrong = strange("nm", root / "n.o", "")
        for board in map(Board, boards):
            board.compile(root / kind / "osheap.c", root / "n.o", "-O2", "-DOSH_RAM_BYTES=98304")
            wrong += strange(board.tools + "nm", root / "n.o", FAMILY)
        if wrong:
            raise Failed(f"{kind}: names of others: {' '.join(wrong)}")
    return "no global name but os_, osh_ and, on firmware, malloc's family"


def one_line_makes_a_program(root):
    told = []
    for compiler, kind, options, port in (
            ("gcc", "full", [], "rseq"), ("clang", "full", [], "rseq"), ("gcc", "nano", ["-Os"], "rseq"),
            ("gcc", "full", ["-DOSH_PORTABLE=1"], "portable"), ("gcc", "full", ["-DOSH_HARDENING=2"], "rseq"),
            ("clang", "nano", ["-DOSH_PORTABLE=1"], "portable")):
        folder = root / kind
        run([compiler, "-O2", *options, "-I", str(folder / "include"), str(HERE / "program.c"), str(folder / "osheap.c"),
             "-pthread", "-o", str(root / "program")])
        told.append(run([str(root / "program"), port]).strip())
    run(["aarch64-linux-gnu-gcc", "-O2", "-static", "-I", str(root / "full/include"), str(HERE / "program.c"),
         str(root / "full/osheap.c"), "-pthread", "-o", str(root / "program-aarch64")])
    told.append("AArch64, emulated: " + run(["qemu-aarch64", str(root / "program-aarch64"), "portable"]).strip())
    return "; ".join(told)


def the_page_is_right(root):
    """Runs the compilers' lines of docs/one-file.md, as they stand there."""
    page = (SOURCE / "docs/one-file.md").read_text().replace("\\\n", " ")
    lines = re.findall(r"^    (\S*gcc .*osheap\.c.*)$", page, re.M)
    if len(lines) < 3:
        raise Failed(f"docs/one-file.md has {len(lines)} compilers' lines")
    shutil.copy(HERE / "program.c", root / "full")
    for line in lines:
        # The package of RISC-V's compiler has no C library.
        headers = "C_INCLUDE_PATH=/usr/include/newlib " if line.startswith("riscv") else ""
        run(headers + line, cwd=root / "full", shell=True)
    run(["./a.out"], cwd=root / "full")
    return f"{len(lines)} lines of docs/one-file.md, and the program of the first runs"


def callgrind(root, program):
    """Instructions of a pair: the difference of two numbers of pairs, since the first one misses."""
    sums = []
    for pairs in ("1000", "2000"):
        run(["valgrind", "--tool=callgrind", f"--callgrind-out-file={root}/pair.out", str(program), pairs, "64"])
        listing = run(["callgrind_annotate", "--auto=no", "--threshold=100", f"{root}/pair.out"])
        sums.append(sum(int(line.split()[0].replace(",", "")) for line in listing.splitlines()
                        if re.search(r":os_(malloc|free) ", line)))
    return (sums[1] - sums[0]) / 1000


def linux_counts(root, build):
    if not (build / "count-auto-1/libosheap.a").exists():
        run([str(SOURCE / "tests/count/count.sh"), str(build)])
    found = []
    for level in (0, 1):
        one = root / "pair.o"
        run(["gcc", "-O2", f"-DOSH_HARDENING={level}", "-c", str(root / "full/osheap.c"), "-o", str(one)])
        for function in ("os_malloc", "os_free"):
            ours, theirs = (hit("objdump", file, function) for file in (one, build / f"count-auto-{level}/libosheap.a"))
            if ours != theirs:
                raise Failed(f"level {level}, {function}: {ours} instructions, the library's has {theirs}")
            found.append(str(ours))
        run(["gcc", "-O2", "-g", "-fno-align-loops", "-DOSH_PORTABLE=1", f"-DOSH_HARDENING={level}", "-I",
             str(root / "full/include"), str(SOURCE / "tests/count/pair.c"), str(root / "full/osheap.c"), "-pthread",
             "-o", str(root / "pair")])
        ours, theirs = (callgrind(root, program) for program in (root / "pair", build / f"count-portable-{level}/pair"))
        if ours != theirs:
            raise Failed(f"level {level}, portable: {ours} instructions a pair, the library's has {theirs}")
        found.append(f"{ours:g}")
    return "as the library's: " + ", ".join(found) + " (malloc, free, a portable pair; levels 0 and 1)"


def aarch64_counts(root, build):
    """Restartable sequences of AArch64, level 1."""
    folder = build / "amalgamation" / "aarch64-linux"
    if not (folder / "build.ninja").exists():
        run(["/usr/bin/meson", "setup", str(folder), str(SOURCE), "--cross-file",
             str(SOURCE / "tests/cross/aarch64-linux.ini"), "-Dtests=false", "-Dstorm=false"])
    run(["ninja", "-C", str(folder), "libosheap.a"])
    run(["aarch64-linux-gnu-gcc", "-O2", "-fdata-sections", "-c", str(root / "full/osheap.c"), "-o", str(root / "pair-aarch64.o")])
    ours, theirs = ([hit("aarch64-linux-gnu-objdump", file, function) for function in ("os_malloc", "os_free")]
                    for file in (root / "pair-aarch64.o", folder / "libosheap.a"))
    if ours != theirs:
        raise Failed(f"malloc and free {ours}, the library's {theirs}")
    return ours


def level_library(build, board, level):
    """The library at the level; that of the image tests is at level 1."""
    folder = build / "amalgamation" / f"{board}-{level}"
    if not (folder / "build.ninja").exists():
        run(["/usr/bin/meson", "setup", str(folder), str(SOURCE), "--cross-file",
             str(SOURCE / f"tests/firmware/boards/{board}/cross.ini"), "-Dtests=false", "-Dstorm=false", "-Dram=1M",
             f"-Dhardening={level}"])
    run(["ninja", "-C", str(folder), "libosheap.a"])
    return folder / "libosheap.a"


def on_board(root, build, name, long):
    """Counts and runs; a row of figures."""
    board, row = Board(name), {}
    folder = built(build / "firmware", name)
    ram = "-DOSH_RAM_BYTES=1048576u"
    for level in (0, 1) if long else (1,):
        one = board.compile(root / "full/osheap.c", root / f"{name}-{level}.o", "-O2", ram, f"-DOSH_HARDENING={level}")
        library = folder / "libosheap.a" if level == 1 else level_library(build, name, level)
        ours, theirs = board.pair(one), board.pair(library)
        if ours != theirs:
            raise Failed(f"{name}, level {level}: malloc and free {ours}, the library's {theirs}")
        row[f"pair{level}"] = ours
    objects = {kind: board.compile(root / kind / "osheap.c", root / f"{name}-{kind}.o", "-O2", ram)
               for kind in (("full", "nano") if long else ("full",))}
    if long or name in BY_CLANG:
        objects["clang"] = board.compile_by_clang(root / "full/osheap.c", root / f"{name}-clang.o", "-O2", ram, *WARNINGS)
    for kind, one in objects.items():
        for test in IMAGES if one else ():
            image = link(built(build / "firmware", name, test), test, one, root / f"{name}-{kind}-{test}.elf")
            row[f"{kind} {test}"] = emulate(name, image).strip().splitlines()[-1]
    return row


def for_size(root, build, name):
    """(bytes without the library's own flags, with them, the library's): level 0, 256 KiB."""
    board = Board(name)
    folder = build / "amalgamation" / f"{name}-size"
    if not (folder / "build.ninja").exists():
        run(["/usr/bin/meson", "setup", str(folder), str(SOURCE), "--cross-file",
             str(SOURCE / f"tests/firmware/boards/{name}/cross.ini"), "-Dtests=false", "-Dstorm=false", "-Dram=256K",
             "-Doptimization=s", "-Dhardening=0"])
    run(["ninja", "-C", str(folder), "libosheap.a"])
    machine = [flag for flag in board.flags if flag.startswith("-m")]
    sizes = []
    for flags in ([], SIZE):
        one = board.compile(root / "full/osheap.c", root / f"{name}-size.o", "-Os", *SMALL, *flags)
        sizes.append(kept(board.tools, board.compiler, machine, [one], root / f"{name}-size.kept"))
    objects = sorted((folder / "libosheap.a.p").rglob("*.o"))
    sizes.append(kept(board.tools, board.compiler, machine, objects, root / f"{name}-size.kept"))
    if sizes[0] > sizes[2] * LARGER:
        raise Failed(f"{name}: {sizes[0]} bytes of code for size, the library has {sizes[2]}")
    return sizes


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("build", type=Path, help="the build root of ./dev test; what is missing is built there")
    parser.add_argument("--long", action="store_true", help="every board, both levels, both allocators")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there")
    options = parser.parse_args()
    build = options.build.resolve()
    root = build / "amalgamation"
    root.mkdir(parents=True, exist_ok=True)
    boards = BOARDS if options.long else FEW
    figures, failed = {}, []
    checks = [("warnings", no_warning, root, boards, options.long),
              ("refused", what_is_missing_is_said, root), ("names", names_stay_inside, root, boards),
              ("one line", one_line_makes_a_program, root),
              ("page", the_page_is_right, root), ("counts", linux_counts, root, build),
              *([("AArch64", aarch64_counts, root, build)] if options.long else []),
              *((f"{board} -Os", for_size, root, build, board) for board in (boards if options.long else FEW[:1]))]
    by_board = [(board, on_board, root, build, board, options.long) for board in boards]

    def tried(row):
        name, check, *arguments = row
        try:
            return name, check(*arguments), None
        except Failed as failure:
            return name, None, failure

    def tell(outcomes):
        for name, found, failure in outcomes:
            figures[name] = found
            failed.extend([name] if failure else [])
            print(f"FAIL {name}: {failure}" if failure else f"ok   {name}: {found}", flush=True)

    tell([tried(("written", written_twice_it_is_the_same, root))])  # what the others compile
    with ThreadPoolExecutor(2) as pool:  # these have files of their own
        tell(pool.map(tried, checks + by_board))
    if options.json:
        options.json.write_text(json.dumps(figures, indent=1) + "\n")
    print(f"== amalgamation: {len(figures) - len(failed)} passed, {len(failed)} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
