#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Restart injection on firmware: was each instruction really interrupted?

Runs tests/firmware/inject under QEMU with `-icount shift=0` and compares
the addresses at which its timer interrupted with the instructions, by objdump, of
the operations on a core's lists. Instructions between the masking of interrupts and
the unmasking cannot be such an address: of those, the shots in a row that were all
held off until the unmasking must be as many as the instructions of a way through.

The negative control is the same image with the masking, or the branch on a failed
store-exclusive, overwritten by something that does nothing: it must be found.
"""
import argparse
import concurrent.futures
import json
import os
import pathlib
import re
import struct
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
SOURCE = HERE.parent.parent
QEMU = ("-nodefaults -display none -monitor none -serial none -chardev stdio,id=sh "
        "-semihosting-config enable=on,target=native,chardev=sh -icount shift=0").split()
ARM, A64, RISCV = "arm-none-eabi-", "aarch64-linux-gnu-", "riscv64-unknown-elf-"
# Target: the board of tests/firmware, and the prefix of its tools.
BOARDS = {"m33": ("an521", ARM), "m4": ("m4", ARM), "m7": ("m7", ARM), "m0": ("m0", ARM), "a15": ("a15", ARM),
          "a72": ("a72", A64), "rv64": ("rv64", RISCV), "rv32": ("rv32", RISCV)}
WHOLE = ["inject_pop", "inject_push", "osh_arch_pop_slow", "osh_arch_push_slow", "osh_arch_exchange"]
INLINED = ["os_malloc", "os_free"]  # of these the exclusive pairs: what else they do is no list

MASK = re.compile(r"^(cpsid\s+i|csrr?ci?\s.*mstatus,8)")
UNMASK = re.compile(r"^(msr\s+PRIMASK|csrs\s+mstatus)", re.I)
BRANCH = re.compile(r"^(b|bl?[.]?[a-z]{2}|b\.[a-z]+|beq|bne|blt|bge|beqz|bnez|bltz|bgez|cbn?z|tbn?z|j)(\.[nw])?\s")
ALWAYS = re.compile(r"^(b|j|b\.n|b\.w|ret|bx|jr)(\s|$)")
STORE_EXCLUSIVE = re.compile(r"^(strex|stlex|stxr|stlxr)")


def listing(tool, image):
    """function -> [(address, bytes, text)], and the same of all that lies behind it up to
    the next one, where a sequence may have its way out. Without data and padding."""
    text = subprocess.run([tool + "objdump", "-d", image], capture_output=True, text=True, check=True).stdout
    functions, name = {}, None
    symbols = subprocess.run([tool + "nm", "-S", image], capture_output=True, text=True, check=True).stdout
    ends = {name: (int(at, 16) & ~1) + int(size, 16)
            for at, size, name in re.findall(r"^([0-9a-f]+) ([0-9a-f]+) [tTwW] ([\w.]+)$", symbols, re.M)}
    for line in text.splitlines():
        head = re.match(r"^[0-9a-f]+ <([\w.]+)>:$", line)
        if head:
            if not head.group(1).startswith((".L", "$")):
                name = head.group(1)
                functions.setdefault(name, [])
            continue
        part = re.match(r"^\s*([0-9a-f]+):\t([0-9a-f ]+?)\s*\t(.+)$", line)
        if part and name and not part.group(3).startswith((".word", ".short", "nop", "unimp", "udf")):
            functions[name].append((int(part.group(1), 16), len(part.group(2).replace(" ", "")) // 2,
                                    re.sub(r"\s+", " ", part.group(3)).strip()))
    inside = {name: [i for i in found if i[0] < ends.get(name, 0)] for name, found in functions.items()}
    return inside, functions


def ways_through(instructions, start, unmasks):
    """Every way from an address to an unmasking, as tuples of addresses."""
    at = {address: (size, text) for address, size, text in instructions}
    ways, open_ways = [], [(start,)]
    while open_ways:
        way = open_ways.pop()
        here = way[-1]
        if here not in at or len(way) > 200:
            continue
        if here in unmasks:
            ways.append(way)
            continue
        size, text = at[here]
        onward = []
        target = re.search(r"([0-9a-f]+) <", text)
        if target and BRANCH.match(text):
            onward.append(int(target.group(1), 16))
        if not ALWAYS.match(text):
            onward.append(here + size)
        open_ways += [way + (to,) for to in onward if to not in way]
    return ways


def last_words(instructions):
    """The addresses of what only leads to a report that ends the program: a call of it, and
    what is before it up to a branch."""
    found = set()
    for i, (_, _, text) in enumerate(instructions):
        if "<osh_report_wrong_core>" in text:
            found.add(instructions[i][0])
            while i > 0 and "<" not in instructions[i - 1][2] and not ALWAYS.match(instructions[i - 1][2]):
                i -= 1
                found.add(instructions[i][0])
    return found


def held_off(instructions, behind, rows):
    """Instructions under a mask that shots fell on: those of each way through whose
    length is that of a row which began at the masking."""
    found, masked = set(), set()
    unmasks = {address for address, _, text in behind if UNMASK.match(text)}
    for address, size, text in instructions:
        if MASK.match(text):
            for way in ways_through(behind, address + size, unmasks):
                masked |= set(way)
                lengths = {length - 1 for before, _, length in rows if before == address}
                if len(way) in lengths:
                    found |= set(way)
    return found, masked


def patched(image, functions):
    """A copy of the image without masks and without branches on a failed store-exclusive."""
    data = bytearray(image.read_bytes())
    wide = data[4] == 2
    offset, entry, count = (struct.unpack_from("<Q", data, 32)[0], *struct.unpack_from("<HH", data, 54)) if wide else \
        (struct.unpack_from("<I", data, 28)[0], *struct.unpack_from("<HH", data, 42))
    segments = []
    for i in range(count):
        if wide:
            kind, _, at, where, _, size = struct.unpack_from("<IIQQQQ", data, offset + i * entry)
        else:
            kind, at, where, _, size = struct.unpack_from("<IIIII", data, offset + i * entry)
        if kind == 1:
            segments.append((where, at, size))
    changes = 0

    def write(address, new):
        nonlocal changes
        for where, at, size in segments:
            if where <= address < where + size:
                data[at + address - where:at + address - where + len(new)] = new
                changes += 1

    machine = struct.unpack_from("<H", data, 18)[0]
    for name in WHOLE + INLINED:
        after_store = False
        for address, size, text in functions.get(name, []):
            if MASK.match(text):
                if machine == 243:  # RISC-V: clears no bit
                    word = struct.unpack("<I", read(data, segments, address, 4))[0]
                    write(address, struct.pack("<I", word & ~(31 << 15)))
                else:
                    write(address, b"\x00\xbf")
            if STORE_EXCLUSIVE.match(text):
                after_store = True
            elif after_store and BRANCH.match(text):
                after_store = False
                nop = b"\x1f\x20\x03\xd5" if machine == 183 else b"\x00\xf0\x20\xe3" if a32(text, size) else b"\x00\xbf"
                write(address, nop * (size // len(nop)))
    copy = image.with_suffix(".broken.elf")
    copy.write_bytes(data)
    return copy, changes


def a32(text, size):
    """Arm's 32-bit encoding; Thumb's branches say their width."""
    return size == 4 and ".w" not in text


def read(data, segments, address, size):
    for where, at, length in segments:
        if where <= address < where + length:
            return bytes(data[at + address - where:at + address - where + size])
    raise ValueError(f"no segment has {address:#x}")


def sequences(tool, image):
    """(first, last) of every exclusive pair, as osh_sequence.h leaves them."""
    symbols = subprocess.run([tool + "nm", image], capture_output=True, text=True, check=True).stdout
    where = {name: int(value, 16) for value, name in re.findall(r"^([0-9a-f]+) \w (\w+)$", symbols, re.M)}
    start, stop = where.get("__start_osh_sequences", 0), where.get("__stop_osh_sequences", 0)
    dump = subprocess.run([tool + "objdump", "-s", f"--start-address={start}", f"--stop-address={stop}", image],
                          capture_output=True, text=True, check=True).stdout
    raw = b"".join(bytes.fromhex(re.sub(r"\s", "", line[1])) for line in
                   re.findall(r"^ ([0-9a-f]+) ((?:[0-9a-f]{2,8} ?){1,4})", dump, re.M))
    size = 8 if image.read_bytes()[4] == 2 else 4
    words = [int.from_bytes(raw[i:i + size], "little") for i in range(0, len(raw) - size + 1, size)]
    return [(a & ~1, b & ~1) for a, b in zip(words[::2], words[1::2])]


def machine_of(board):
    """QEMU's command for the board, which the image tests own."""
    return subprocess.run([SOURCE / "tests/firmware/run.sh", "--machine", board], capture_output=True, text=True,
                          check=True).stdout.split()


def run_image(machine, image, seconds):
    try:
        run = subprocess.run([*machine, *QEMU, "-kernel", str(image)], capture_output=True, text=True,
                             timeout=seconds, stdin=subprocess.DEVNULL)
        return run.returncode, run.stderr + run.stdout
    except subprocess.TimeoutExpired:
        return "hangs", f"not done after {seconds} s"


def build(root, board):
    directory = root / board
    if not (directory / "build.ninja").exists():
        subprocess.run(["meson", "setup", str(directory), str(SOURCE), "--cross-file",
                        str(SOURCE / f"tests/firmware/boards/{board}/cross.ini"), "-Dstorm=false", "-Dnewlib=full"],
                       check=True, capture_output=True)
    made = subprocess.run(["ninja", "-C", str(directory), "tests/firmware/inject.elf"], capture_output=True, text=True)
    if made.returncode != 0:
        sys.exit(f"inject: {board} does not build:\n{made.stdout[-2000:]}")
    return directory / "tests/firmware/inject.elf"


def judge(name, root):
    board, tool = BOARDS[name]
    machine = machine_of(board)
    image = build(root, board)
    functions, behind = listing(tool, image)
    missing = [f for f in WHOLE + INLINED if f not in functions]
    if missing:
        sys.exit(f"inject: {image} has no {', '.join(missing)}")
    status, text = run_image(machine, image, 120)
    places = [(int(a, 16), int(n), int(m)) for a, n, m in
              re.findall(r"^at ([0-9a-f]+) times=(\d+) moved=(\d+)", text, re.M)]
    hit = {at for at, times, _ in places if times > 0}
    rows = {(int(b, 16), int(a, 16), int(n)) for b, a, n in re.findall(r"^row ([0-9a-f]+) ([0-9a-f]+) length=(\d+)", text, re.M)}
    shots = re.search(r"shots=(\d+)", text)
    wanted, covered = {}, set()
    for function in WHOLE:
        ended = last_words(functions[function])
        wanted |= {address: f"{function}: {instruction}" for address, _, instruction in functions[function]
                   if address not in ended}
        held, masked = held_off(functions[function], behind[function], rows)
        covered |= held
        wanted |= {address: f"{function}: {text}" for address, _, text in behind[function] if address in masked}
        if hit & masked:
            sys.exit(f"inject: {name}: interrupted at {sorted(hit & masked)[0]:#x}, which is masked")
    for first, last in sequences(tool, image):
        for function in INLINED:
            wanted |= {address: f"{function}: {instruction}" for address, _, instruction in functions[function]
                       if first <= address <= last}
            covered |= held_off(functions[function], behind[function], rows)[0]
    covered = (covered | hit) & set(wanted)
    moved = {at: m for at, _, m in places if m > 0 and at in wanted}
    alone = not any(m for _, _, m in places)
    broken, changes = patched(image, functions)
    control_status, control_text = run_image(machine, broken, 60)
    found = changes > 0 and control_status != 0
    left = sorted(set(wanted) - covered)
    passed = status == 0 and not left and found and (bool(moved) or alone)
    lines = [f"{'ok  ' if passed else 'FAIL'} {name:5} {len(wanted)} instructions, {len(covered)} interrupted, "
             f"{shots.group(1) if shots else 'no'} shots, "
             + ("" if alone else f"{sum(moved.values())} migrations at {len(moved)} of them; ")
             + f"control of {changes} changes: "
             f"{'found: ' + control_text.strip().splitlines()[-1][-60:] if found else 'NOT FOUND'}"]
    if status != 0:
        lines.append("     " + text.strip()[-300:])
    lines += [f"     not interrupted: {address:#x} {wanted[address]}" for address in left[:20]]
    print("\n".join(lines), flush=True)
    return {"instructions": len(wanted), "interrupted": len(covered), "shots": int(shots.group(1)) if shots else 0,
            "migrations": sum(moved.values()),
            "negative_control_fails": found}, passed


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("root", metavar="BUILD-ROOT", help="where boards are built, a directory each")
    parser.add_argument("targets", nargs="*", metavar="TARGET", help=f"of {', '.join(BOARDS)}; all by default")
    parser.add_argument("--json", metavar="FILE", help="write the figures there")
    parser.add_argument("--linux", metavar="PROGRAM", help="the Linux injector, to run first")
    options = parser.parse_args()
    for target in options.targets:
        if target not in BOARDS:
            parser.error(f"no target '{target}'; there are {', '.join(BOARDS)}")
    root = pathlib.Path(options.root)
    root.mkdir(parents=True, exist_ok=True)
    figures, passed = {}, True
    if options.linux:
        report = root / "inject-linux.json"
        report.unlink(missing_ok=True)
        passed &= subprocess.run([options.linux, "--json", str(report)]).returncode == 0
        figures["linux"] = json.loads(report.read_text()) if report.exists() else {"instructions": 0, "interrupted": 0}
    targets = options.targets or list(BOARDS)
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count() or 1) as pool:
        for target, (figures[target], fine) in zip(targets, pool.map(lambda name: judge(name, root), targets)):
            passed &= fine
    if options.json:
        pathlib.Path(options.json).write_text(json.dumps({"injection": figures}, indent=2) + "\n")
    return 0 if passed else 1


if __name__ == "__main__":
    sys.exit(main())
