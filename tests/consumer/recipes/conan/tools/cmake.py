# SPDX-License-Identifier: Apache-2.0
"""CMake runs for real; CMakeToolchain's cache variables become options of its command."""
import subprocess


def cmake_layout(recipe):
    recipe.build_folder = str(recipe.folder / "build")


class CMakeToolchain:
    def __init__(self, recipe):
        self.recipe = recipe
        self.cache_variables = {}

    def generate(self):
        self.recipe.cache_variables = self.cache_variables


class CMake:
    def __init__(self, recipe):
        self.recipe = recipe

    def _run(self, *words):
        subprocess.run(["cmake", *words], check=True, stdout=subprocess.DEVNULL)

    def configure(self):
        self._run("-S", self.recipe.source_folder, "-B", self.recipe.build_folder, *self.recipe.profile,
                  *(f"-D{name}={value}" for name, value in self.recipe.cache_variables.items()))

    def build(self):
        self._run("--build", self.recipe.build_folder, "--parallel", "2")

    def install(self):
        self._run("--install", self.recipe.build_folder, "--prefix", self.recipe.package_folder)
