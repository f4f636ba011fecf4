# SPDX-License-Identifier: Apache-2.0
"""Damaged forms of what tools read, the same each time."""
import copy
import json
import os
import random

ROUNDS = int(os.environ.get("OSHEAP_FUZZ_ROUNDS", "400"))
VALUES = (None, True, False, 0, -1, 1, 2**64, -2**64, 1e308, float("nan"), float("inf"), "", "0",
          "\ud800", "x" * 4096, [], {}, [[]], [None], {"": None}, [[0, 0, 0]], [["a", 1]])


def damage_value(random_: random.Random, value: object) -> object:
    """The same with one part dropped, doubled or replaced."""
    value = copy.deepcopy(value)
    where, parent, key = value, None, None
    while isinstance(where, (dict, list)) and where and (parent is None or random_.random() < 0.75):
        key = random_.choice(list(where)) if isinstance(where, dict) else random_.randrange(len(where))
        parent, where = where, where[key]
    if parent is None:
        return random_.choice(VALUES)
    how = random_.randrange(4)
    if how == 0:
        del parent[key]
    elif how == 1 and isinstance(parent, list):
        parent.insert(key, copy.deepcopy(where))
    elif how == 2 and isinstance(where, (int, float)):
        parent[key] = random_.choice((-where, where * 1e9, where / 3, str(where), where + 0.5))
    else:
        parent[key] = random_.choice(VALUES)
    return value


def damage_bytes(random_: random.Random, text: bytes) -> bytes:
    """The same with bits flipped, parts cut out, doubled or overwritten."""
    data = bytearray(text)
    for _ in range(random_.randint(1, 6)):
        at = random_.randrange(len(data) + 1)
        end = min(len(data), at + random_.randint(1, 40))
        how = random_.randrange(4)
        if how == 0 and at < len(data):
            data[at] ^= 1 << random_.randrange(8)
        elif how == 1:
            del data[at:end]
        elif how == 2:
            data[at:at] = data[at:end]
        else:
            data[at:at] = random_.randbytes(random_.randint(1, 9))
    return bytes(data)


def damaged(seed: str, value: object):
    """ROUNDS damaged forms of the value as bytes of JSON, the same each time."""
    for number in range(ROUNDS):
        random_ = random.Random(f"{seed} {number}")
        broken = value
        for _ in range(random_.randint(0, 3)):
            broken = damage_value(random_, broken)
        text = json.dumps(broken).encode()
        yield damage_bytes(random_, text) if number % 3 == 0 else text
