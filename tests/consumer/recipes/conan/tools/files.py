# SPDX-License-Identifier: Apache-2.0
import shutil
from pathlib import Path


def copy(recipe, pattern, src, dst):
    Path(dst).mkdir(parents=True, exist_ok=True)
    found = list(Path(src).glob(pattern))
    if not found:
        raise FileNotFoundError(f"{src}: nothing is {pattern}")
    for file in found:
        shutil.copy(file, dst)
