# SPDX-License-Identifier: Apache-2.0
"""The functions of Concurrency Kit that the atomics call, as the preprocessor gives them, with
their licence. So osheap.c has the instructions of the library, and needs no package.
"""

import re
import subprocess
import tempfile
from pathlib import Path

from pieces import ROOT, Failed

# Part: the compiler's macros that choose it, and the file that has its licence.
PARTS = {
    "x86_64": (["__x86_64__"], "gcc/x86_64/ck_pr.h"),
    "aarch64": (["__aarch64__"], "gcc/aarch64/ck_pr.h"),
    "arm": (["__arm__", "__ARM_ARCH_7A__"], "gcc/arm/ck_pr.h"),
    "builtins": (["CK_USE_CC_BUILTINS=1"], "gcc/ck_pr.h"),
}
ORDERINGS = {"x86_64": "CK_MD_TSO"}  # the others: CK_MD_RMO
UNUSED = "__attribute__((unused)) inline static"  # as the headers write it
OPERATIONS = {"builtins": "arch/atomic/builtin/osh_atomic_ops.h"}  # the others: arch/atomic/ck


def machine(part):
    """Our machine description: that of the package describes the build machine."""
    text = (ROOT / "arch/firmware/ck/ck_md.h").read_text()
    return text.replace("CK_MD_RMO", ORDERINGS.get(part, "CK_MD_RMO"))


def preprocess(headers, part, *options, uses=""):
    with tempfile.TemporaryDirectory() as folder:
        for name in ("stdint.h", "stdbool.h", "stddef.h", "limits.h", "inttypes.h", "sys/types.h"):
            file = Path(folder) / name
            file.parent.mkdir(exist_ok=True)
            file.write_text("")
        (Path(folder) / "ck_md.h").write_text(machine(part))
        command = ["gcc", "-E", "-P", "-undef", "-nostdinc", "-D__GNUC__=12", "-D__OPTIMIZE__=1",
                   *[f"-D{macro}" for macro in PARTS[part][0]], f"-I{folder}", f"-I{headers}",
                   *options, "-x", "c", "-"]
        done = subprocess.run(command, input=f"#include <ck_pr.h>\n{uses}\n", capture_output=True,
                              text=True, check=False)
        if done.returncode != 0:
            raise Failed(f"Concurrency Kit's headers in {headers}: {done.stderr.strip()}")
        return done.stdout


def functions(text):
    """Name -> definition. The preprocessor leaves declarations and functions, nothing else."""
    found, at = {}, 0
    for match in re.finditer(r"\b(ck_pr_\w+)\s*\([^;{}]*\)\s*\{", text):
        if match.start() < at:
            continue  # inside the one before
        start = max(text.rfind(mark, at, match.start()) for mark in (";", "}")) + 1
        start = max(start, at)
        depth, at = 1, match.end()
        while depth:
            depth += {"{": 1, "}": -1}.get(text[at], 0)
            at += 1
        found[match[1]] = text[start:at].strip()
    return found


def macros(text):
    return {m[1]: m[0] for m in re.finditer(r"^#define (\w+)\b.*$", text, re.M)}


def words(text):
    return re.findall(r"\b(?:ck|CK)_\w+", re.sub(r'"(\\.|[^"\\])*"', "", text))


def needed(wanted, have, defined):
    """The names that the wanted ones use, each after those that it uses."""
    order = []

    def visit(name, way=()):
        if name in order or name in way:
            return
        text = have.get(name) or defined.get(name)
        if text is not None:
            for used in words(text):
                visit(used, (*way, name))
            order.append(name)

    for name in wanted:
        visit(name)
    return order


def licence(file):
    comment = re.match(r"\s*/\*.*?\*/", file.read_text(), re.S)
    if not comment or "Redistribution and use" not in comment[0]:
        raise Failed(f"{file} does not begin with its licence")
    return comment[0].strip().splitlines()


def formatted(text):
    done = subprocess.run(["clang-format", "--assume-filename=kit.c", "--style=file"], input=text,
                          capture_output=True, text=True, check=False, cwd=ROOT)
    if done.returncode != 0:
        raise Failed(f"clang-format: {done.stderr.strip()}")
    return done.stdout


def expanded(headers, part, defined, names):
    """The words in the expansions of those of the names that are macros."""
    calls = []
    for name in names:
        match = re.match(rf"#define {name}\(([^)]*)\)", defined.get(name, ""))
        if match:
            calls.append(f"{name}({', '.join('x' * (match[1].count(',') + 1))})")
    return words(preprocess(headers, part, uses="the_uses: " + " ".join(calls)).split("the_uses:")[1])


def joined(text):
    """Neighbouring string literals as one, but a line of assembly each."""
    return re.sub(r'(?<!\\n)(?<!;)"\s+"', "", text)


def part_of_kit(headers, part):
    """(title, number, lines) of the part."""
    if not (headers / "ck_pr.h").is_file():
        raise Failed(f"{headers} has no ck_pr.h: apt-get install libck-dev, or --ck-headers FOLDER")
    have = functions(preprocess(headers, part))
    defined = macros(preprocess(headers, part, "-dM"))
    user = (ROOT / OPERATIONS.get(part, "arch/atomic/ck/osh_atomic_ops.h")).read_text()
    names = [n for n in dict.fromkeys(words(user)) if n in have or re.match(r"ck_pr_", n) and n in defined]
    names = expanded(headers, part, defined, names) + names
    order = needed(names, have, defined)
    lines = [f"#define {ORDERINGS.get(part, 'CK_MD_RMO')}"]
    if part == "builtins":
        lines.append("#define CK_USE_CC_BUILTINS 1")
    for name in order:
        lines.append(defined[name] if name in defined else
                     "\n" + joined(have[name]).replace(UNUSED, "static inline") + "\n")
    title = f"Concurrency Kit: what the heap uses of ck_pr.h and {PARTS[part][1]}"
    return (title, 0, [*licence(headers / PARTS[part][1]), "", *formatted("\n".join(lines)).splitlines()])
