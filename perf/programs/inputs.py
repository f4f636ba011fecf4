# SPDX-License-Identifier: Apache-2.0
"""What the programs work on. The same bytes each time."""

import random
import re
import subprocess
from pathlib import Path

PYTHON = """
import json
words = {}
for i in range(400000):
    key = 'k%d' % (i * 7919 % 100003)
    words.setdefault(key, []).append(str(i))
text = json.dumps(words)
back = json.loads(text)
lines = sorted(','.join(back[k][:3]) for k in back)
print(len(text), len(back), hash(tuple(len(v) for v in back.values())), lines[:2], lines[-2:])
"""

PERL = """
my (%count, @all);
for my $i (1 .. 600000) {
    my $word = 'w' . ($i * 7919 % 50021);
    $count{$word}++;
    push @all, "$word:" . ('x' x ($i % 40));
}
my $joined = join ' ', @all;
my $found = () = $joined =~ /w1\\d+:x{20,}/g;
my @top = sort { $count{$b} <=> $count{$a} || $a cmp $b } keys %count;
print scalar(@all), " $found @top[0..4]\\n";
"""

SQL = """
CREATE TABLE a(id INTEGER PRIMARY KEY, k TEXT, v INTEGER);
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM n WHERE i < 200000)
INSERT INTO a SELECT i, 'key' || (i * 7919 % 100003), i * 31 % 1000 FROM n;
CREATE INDEX a_k ON a(k);
CREATE TABLE b AS SELECT k, count(*) AS c, sum(v) AS s FROM a GROUP BY k;
SELECT count(*), sum(s), max(c) FROM b;
SELECT a.k, b.s FROM a JOIN b ON a.k = b.k ORDER BY b.s DESC, a.k LIMIT 5;
SELECT group_concat(v, ',') FROM (SELECT v FROM a ORDER BY k LIMIT 20);
"""

NODE = """
const map = new Map();
for (let i = 0; i < 400000; i++) {
    const key = 'k' + (i * 7919 % 100003);
    if (!map.has(key)) map.set(key, []);
    map.get(key).push({i, text: 'x'.repeat(i % 30)});
}
const text = JSON.stringify([...map].slice(0, 40000));
const back = JSON.parse(text);
const buffers = [];
for (let i = 0; i < 3000; i++) buffers.push(Buffer.alloc(1000 + i * 7 % 9000, i & 255));
console.log(text.length, back.length, Buffer.concat(buffers).length);
"""

NODE_THREADS = """
const { Worker, isMainThread, parentPort, workerData } = require('worker_threads');
const zlib = require('zlib');
const crypto = require('crypto');
function work(seed) {
    const kept = [];
    const hash = crypto.createHash('sha256');
    let state = seed;
    for (let i = 0; i < 1500; i++) {
        state = (state * 1103515245 + 12345) % 2147483648;
        const text = Buffer.alloc(200 + state % 20000, 'the words of ' + state % 977);
        const small = zlib.deflateSync(text, { level: 1 });
        hash.update(zlib.inflateSync(small));
        kept[state % 300] = small;
    }
    kept.forEach(one => hash.update(one));
    return { digest: hash.digest('hex'), sent: Buffer.concat(kept.filter(one => one)) };
}
if (isMainThread) {
    const found = [];
    for (let i = 1; i <= 3; i++) {
        const worker = new Worker(__filename, { workerData: i });
        worker.on('message', ({ digest, sent }) => {
            found[i] = digest + ' ' + sent.length;
            if (found.filter(one => one).length === 3) console.log(found.join('\\n'));
        });
    }
} else {
    parentPort.postMessage(work(workerData));
}
"""

# Text, curves and an image on each page; `n` is the page.
PAGE = """
/Times-Roman findfont 9 scalefont setfont
0 1 70 { /line exch def 40 760 line 10 mul sub moveto
  0 1 11 { /word exch def line 31 mul word 17 mul add n 101 mul add 7919 mul 65521 mod 20 string cvs show ( ) show }
  for } for
0 1 400 { /i exch def newpath i 13 mul 560 mod 20 add i 29 mul n 37 mul add 740 mod 20 add moveto
  i 7 mul 600 mod i 11 mul 780 mod i 17 mul 600 mod i 19 mul 780 mod i 23 mul 600 mod i 5 mul 780 mod curveto
  i 97 mod 97 div i 53 mod 53 div n 12 div setrgbcolor 0.3 setlinewidth stroke } for
gsave 300 60 translate 200 200 scale
128 128 8 [128 0 0 -128 0 128] { 128 string dup 0 1 127 { dup n mul 29 mod 8 mul 255 and put dup } for pop }
image grestore
showpage
"""
PDF_PAGES = 12


def nothing(folder: Path) -> None:
    del folder


def python(folder: Path) -> None:
    (folder / "work.py").write_text(PYTHON, encoding="utf-8")


def perl(folder: Path) -> None:
    (folder / "work.pl").write_text(PERL, encoding="utf-8")


def sqlite(folder: Path) -> None:
    (folder / "work.sql").write_text(SQL, encoding="utf-8")


def node(folder: Path) -> None:
    (folder / "work.js").write_text(NODE, encoding="utf-8")


def node_threads(folder: Path) -> None:
    (folder / "threads.js").write_text(NODE_THREADS, encoding="utf-8")


def pdf(folder: Path) -> None:
    """gs makes it, over the system's allocator. The dates in it are the same for every run of a campaign."""
    (folder / "work.ps").write_text(
        "%!PS\n" + "".join(f"/n {n} def\n{PAGE}" for n in range(1, PDF_PAGES + 1)), encoding="ascii")
    subprocess.run(["gs", "-q", "-dSAFER", "-dBATCH", "-dNOPAUSE", "-sDEVICE=pdfwrite",
                    "-sOutputFile=work.pdf", "work.ps"], cwd=folder, check=True, capture_output=True)


def maps(folder: Path) -> None:
    subprocess.run(["g++", "-O2", "-std=c++17", "-pthread", "-o", folder / "maps",
                    Path(__file__).with_name("maps.cc")], check=True)


def bogo_operations(output: bytes) -> bytes:
    """What stress-ng says without its times: the operations of each stressor, and that none failed."""
    lines = output.decode(errors="replace").splitlines()
    found = [" ".join(match.groups()) for line in lines
             if (match := re.search(r"metrc:.* (\S+) +(\d+) +[\d.]+ +[\d.]+ +[\d.]+ ", line))]
    done = [match[0] for line in lines if (match := re.search(r"(un)?successful run completed", line))]
    return "\n".join(found + done).encode()


def functions(folder: Path) -> None:
    lines = ["struct s { int a, b; struct s *next; };"]
    for i in range(2000):
        lines.append(f"int f{i}(struct s *p, int n) {{ int t = {i};"
                     f" for (int k = 0; k < n; k++) {{ t += p->a * k ^ p->b;"
                     f" if (t & {1 << i % 16}) p = p->next; }} return t; }}")
    (folder / "work.c").write_text("\n".join(lines) + "\n", encoding="utf-8")


def _words(seed: int, count: int) -> str:
    draw = random.Random(seed)
    return " ".join("%x" % int(draw.paretovariate(0.6) * 17 % 65536) for _ in range(count))


def text(folder: Path) -> None:
    (folder / "work.txt").write_text(_words(1, 2000000)[:8000000], encoding="ascii")


def _git(folder: Path, *words: str) -> None:
    subprocess.run(["git", "-c", "user.name=a", "-c", "user.email=a@b", "-c", "gc.auto=0", *words],
                   cwd=folder, check=True, capture_output=True,
                   env={"PATH": "/usr/bin:/bin", "GIT_AUTHOR_DATE": "1000000000 +0000",
                        "GIT_COMMITTER_DATE": "1000000000 +0000", "HOME": str(folder)})


def repository(folder: Path) -> None:
    _git(folder, "init", "-q", "-b", "main")
    draw = random.Random(2)
    for i in range(3000):
        (folder / f"f{i}").write_text(_words(i, 300), encoding="ascii")
    for commit in range(40):
        for i in draw.sample(range(3000), 150):
            with (folder / f"f{i}").open("a", encoding="ascii") as file:
                file.write(f"\nline {commit}\n")
        _git(folder, "add", "-A")
        _git(folder, "commit", "-qm", f"commit {commit}")
