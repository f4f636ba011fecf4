# SPDX-License-Identifier: Apache-2.0
"""Debian's arm64 packages that the guest needs, unpacked into a folder of their own: its
kernel, and cmocka. Nothing is installed; what is there already is not fetched again."""
from __future__ import annotations

import fcntl
import re
import subprocess
from collections.abc import Callable
from pathlib import Path

META = "linux-image-cloud-arm64"  # depends on the newest kernel
CMOCKA = ["libcmocka0", "libcmocka-dev"]


class Failure(Exception):
    """Something that the guest needs is missing, in words."""


class Packages:
    """Where they are: `root` has the tree of cmocka's packages, `kernel` is an image."""

    def __init__(self, folder: Path, say: Callable[[str], None]):
        self.folder = folder.resolve()
        self.root = self.folder / "root"
        self.kernel = self.folder / "vmlinuz"
        self.say = say

    def fetch(self) -> None:
        """Whoever comes meanwhile waits."""
        self.folder.mkdir(parents=True, exist_ok=True)
        with (self.folder / "lock").open("w", encoding="utf-8") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not (self.folder / "complete").exists():
                self.download()
                (self.folder / "complete").touch()

    def apt(self, tool: str, *words: str) -> str:
        """apt as this system has it set up, for arm64, with lists of its own."""
        lists, cache = self.folder / "lists", self.folder / "cache"
        (lists / "partial").mkdir(parents=True, exist_ok=True)
        (cache / "archives/partial").mkdir(parents=True, exist_ok=True)
        options = ["APT::Architecture=arm64", "APT::Architectures=arm64", f"Dir::State::Lists={lists}",
                   f"Dir::Cache={cache}", "APT::Sandbox::User="]
        try:
            done = subprocess.run([tool, "-q", *(f"-o{option}" for option in options), *words],
                                  capture_output=True, text=True, check=False, cwd=self.folder)
        except OSError as error:
            raise Failure(f"Debian's arm64 packages: {error}") from error
        if done.returncode != 0:
            raise Failure(f"Debian's arm64 packages: {tool} {' '.join(words)} failed:\n"
                          f"{(done.stdout + done.stderr).strip()[-1500:]}")
        return done.stdout

    def download(self) -> None:
        self.say("fetching Debian's arm64 kernel and cmocka (about 30 MB)")
        self.apt("apt-get", "update")
        depends = re.findall(r"Depends: (linux-image-\S+)", self.apt("apt-cache", "depends", META))
        if not depends:
            raise Failure(f"Debian's arm64 packages: {META} names no kernel")
        for old in self.folder.glob("*.deb"):
            old.unlink()
        self.apt("apt-get", "download", depends[0], *CMOCKA)
        for package in self.folder.glob("libcmocka*.deb"):
            self.call(["dpkg-deb", "-x", str(package), str(self.root)])
        image = next(self.folder.glob("linux-image-*.deb"))
        # Of 100 MB, modules for the most part, the kernel alone.
        self.call(["sh", "-c", 'dpkg-deb --fsys-tarfile "$1" | tar -x -C "$2" --strip-components=2 '
                               '--wildcards "./boot/vmlinuz-*"', "sh", str(image), str(self.folder)])
        found = list(self.folder.glob("vmlinuz-*"))
        if len(found) != 1:
            raise Failure(f"{image.name} has {len(found)} kernels")
        found[0].rename(self.kernel)

    @staticmethod
    def call(command: list[str]) -> None:
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise Failure(f"{command[0]}: {done.stderr.strip()}")
