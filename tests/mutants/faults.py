# SPDX-License-Identifier: Apache-2.0
"""The list of seeded faults, and how one is put into a tree and taken out again."""
from __future__ import annotations

import shutil
import tomllib
from dataclasses import dataclass, field
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent


class Failure(Exception):
    """The list or the tree is wrong, not a mutant."""


@dataclass
class Mutant:
    id: str
    file: str
    replace: str
    with_: str
    fault: str
    control: list[str] = field(default_factory=list)
    expect: str | None = None
    killer: str | None = None
    missed: list[str] = field(default_factory=list) # scenarios that should have found it
    seconds: float = 0.0

    def require_form(self) -> None:
        """ValueError unless it is one of text, in a file of the tree."""
        texts = [self.id, self.file, self.replace, self.with_, self.fault, self.expect or ""]
        if not all(isinstance(text, str) for text in texts) or not self.replace or \
                not isinstance(self.control, list) or "\0" in self.file or \
                not all(isinstance(name, str) for name in self.control) or \
                Path(self.file).is_absolute() or ".." in Path(self.file).parts:
            raise ValueError(f"{self.id}: not the form of a fault")

    def apply(self, tree: Path) -> None:
        path = tree / self.file
        text = path.read_text()
        path.write_text(text.replace(self.replace, self.with_))

    def undo(self, tree: Path) -> None:
        shutil.copy(ROOT / self.file, tree / self.file)  # newer than the mutant's object


def load(path: Path) -> list[Mutant]:
    mutants = []
    try:
        for entry in tomllib.loads(path.read_text(encoding="utf-8"))["mutant"]:
            entry["with_"] = entry.pop("with")
            mutants.append(Mutant(**entry))
            mutants[-1].require_form()
    except (OSError, ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        raise Failure(f"{path}: not a list of faults: {error!r}") from error
    names = [mutant.id for mutant in mutants]
    for name in names:
        if names.count(name) > 1:
            raise Failure(f"{name}: there are two of that name")
    for mutant in mutants:
        file = ROOT / mutant.file
        times = file.read_text().count(mutant.replace) if file.is_file() else 0
        if times != 1:
            raise Failure(f"{mutant.id}: its text is {times} times in {mutant.file}, not once")
    return mutants
