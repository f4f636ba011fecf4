#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Style and static checks by the project's own files: clang-format, clang-tidy,
# an SPDX line in every file, bash and Python that parse, includes that go
# down the layers, and seeded faults that apply.
#
# usage: lint.sh BUILD-ROOT
set -euo pipefail
cd "$(dirname "$0")/.."
root=$1
failed=0

mapfile -t sources < <(git ls-files -co --exclude-standard '*.c' '*.h')
echo "== clang-format over ${#sources[@]} files"
clang-format --dry-run -Werror "${sources[@]}" || failed=1

echo "== SPDX"
while read -r file; do
    case $file in LICENSE | NOTICE | docs/*.svg | docs/*.json | tests/fuzz/corpus/*) continue ;; esac
    head -n 5 "$file" | grep -q 'SPDX-License-Identifier: Apache-2.0' || { echo "no SPDX line: $file"; failed=1; }
done < <(git ls-files -co --exclude-standard)

echo "== scripts"
git ls-files -co --exclude-standard '*.py' | xargs -r /usr/bin/python3 -m py_compile || failed=1
for script in dev .ci/run $(git ls-files -co --exclude-standard '*.sh'); do bash -n "$script" || failed=1; done

echo "== layers: includes"
tests/layers.py || failed=1

echo "== seeded faults: each text is in its file, once"
tests/mutants/mutants.py --list "$root" >/dev/null || failed=1

echo "== clang-tidy"
[ -e "$root/lint/build.ninja" ] || CC=clang /usr/bin/meson setup "$root/lint" -Dstorm=true >/dev/null
ninja -C "$root/lint" fallback/newlib_mallocr.h >/dev/null
# A file is compiled a dozen times, for libraries and tests that differ in little: it is checked once,
# and once more as in a library of hardening level 2.
mkdir -p "$root/lint/once"
mapfile -t compiled < <(/usr/bin/python3 - "$root/lint/compile_commands.json" "$root/lint/once/compile_commands.json" <<'PY'
import json, os, re, sys
once = {}
for entry in json.load(open(sys.argv[1])):
    path = os.path.relpath(os.path.join(entry["directory"], entry["file"]))
    # newlib's own text is included in one file, and the seed is newlib itself.
    if path.startswith(("core", "slab", "fallback", "arch", "tests", "perf")) and "newlib" not in path:
        levels = re.findall(r"-DOSH_HARDENING=(\d)", entry["command"])
        once.setdefault((path, levels[-1:] == ["2"]), entry)
json.dump(list(once.values()), open(sys.argv[2], "w"))
print("\n".join(sorted({path for path, _ in once})))
PY
)
# CK has another, smaller set of operations for analyzers, told by the macro.
# The static analyzer follows every path, which takes minutes over the harness:
# that gets the other checks.
tidy() { # PATTERN [OPTION ...]
    local pattern=$1
    shift
    printf '%s\n' "${compiled[@]}" | grep -E "$pattern" |
        xargs -P 2 -n 4 clang-tidy --quiet -p "$root/lint/once" --extra-arg=-U__clang_analyzer__ "$@" 2>>"$root/lint/tidy.log" || failed=1
}
: >"$root/lint/tidy.log"
tidy '^(core|slab|fallback|arch)/'
tidy '^(tests|perf)/' '--checks=-clang-analyzer-*'
[ $failed -eq 0 ] && echo "== lint: clean"
exit $failed
