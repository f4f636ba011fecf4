# SPDX-License-Identifier: Apache-2.0
"""Figures as a document: written, merged, compared."""

import json
from collections.abc import Iterator
from pathlib import Path

# What the figures below it hang on besides the source. Where it differs, they
# cannot be compared.
MADE_WITH = "made_with"


class Clash(Exception):
    """Two parts say different things about one figure."""


def read(path: Path) -> dict:
    """An empty document if there is no such file."""
    if not path.exists():
        return {}
    doc = json.loads(path.read_text(encoding="utf-8"))
    if not isinstance(doc, dict):
        raise ValueError("no JSON object")
    return doc


def _has_objects(value) -> bool:
    within = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return any(isinstance(v, dict) or _has_objects(v) for v in within)


def text_of(value, indent: str = "") -> str:
    """JSON with a line for each object that holds no others, so that a diff is short."""
    if not _has_objects(value):
        return json.dumps(value, ensure_ascii=False)
    inner = indent + " "
    if isinstance(value, dict):
        lines = [f"{inner}{json.dumps(k)}: {text_of(v, inner)}" for k, v in value.items()]
    else:
        lines = [f"{inner}{text_of(v, inner)}" for v in value]
    ends = "{}" if isinstance(value, dict) else "[]"
    return f"{ends[0]}\n" + ",\n".join(lines) + f"\n{indent}{ends[1]}"


def write(path: Path, doc: dict) -> None:
    """Creates the folder too."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text_of(doc) + "\n", encoding="utf-8")


def merge(into: dict, other: dict, at: str = "") -> None:
    """Adds all of `other`; what both have must be the same."""
    for key, value in other.items():
        where = f"{at}{key}"
        if key not in into:
            into[key] = value
        elif isinstance(into[key], dict) and isinstance(value, dict):
            merge(into[key], value, f"{where}.")
        elif into[key] != value:
            raise Clash(f"{where}: {into[key]} from one part, {value} from another")


def only(doc: dict, keys: tuple[str, ...]) -> dict:
    """Of each object in `doc`, what it has of these keys."""
    return {name: {key: value[key] for key in keys if key in value}
            for name, value in doc.items()}


def _leaves(value, at: str) -> Iterator[tuple[str, object]]:
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from _leaves(inner, f"{at}.{key}" if at else key)
    else:
        yield at, value


def _said(value) -> str:
    return "nothing" if value is None else str(value)


def settle(old, new, loose: tuple[str, ...]) -> None:
    """Keeps in `new` what `old` has of `loose` keys where it agrees on being zero: what
    varies from run to run is no change to commit."""
    if not (isinstance(old, dict) and isinstance(new, dict)):
        return
    for key, value in new.items():
        if key in loose and key in old and bool(old[key]) == bool(value):
            new[key] = old[key]
        else:
            settle(old.get(key), value, loose)


def differences(old, new, loose: tuple[str, ...] = (), at: str = "") -> Iterator[str]:
    """A line for each figure that differs, or for each object that is not comparable
    (those begin with a `~`). Keys in `loose` need only agree on being zero."""
    if not (isinstance(old, dict) and isinstance(new, dict)):
        a, b = dict(_leaves(old, at)), dict(_leaves(new, at))
        for name in dict.fromkeys([*a, *b]):
            before, after = a.get(name), b.get(name)
            same = before == after
            if name.rsplit(".", 1)[-1] in loose:
                same = bool(before) == bool(after)
            if not same:
                yield f"{name}: {_said(before)} -> {_said(after)}"
        return
    with_old, with_new = old.get(MADE_WITH), new.get(MADE_WITH)
    if with_old is not None and with_new is not None and with_old != with_new:
        for name in dict.fromkeys([*with_old, *with_new]):
            if with_old.get(name) != with_new.get(name):
                yield (f"~ {at}: not comparable: {name} {_said(with_new.get(name))} "
                       f"vs {_said(with_old.get(name))}")
        return
    for key in dict.fromkeys([*old, *new]):
        yield from differences(old.get(key), new.get(key), loose,
                               f"{at}.{key}" if at else key)
