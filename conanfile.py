# SPDX-License-Identifier: Apache-2.0
"""Conan 2: the library by its CMake build. Consumers call find_package(osheap), as after an install.
docs/packages.md has a profile for firmware."""
import re
from pathlib import Path

from conan import ConanFile
from conan.tools.cmake import CMake, CMakeToolchain, cmake_layout
from conan.tools.files import copy


class Osheap(ConanFile):
    name = "osheap"
    license = "Apache-2.0"
    description = "Mynewt heap API with lock-free per-core slab caches over the newlib heap"
    package_type = "static-library"
    settings = "os", "arch", "compiler", "build_type"
    options = {"ram": ["ANY"], "cores": ["ANY"], "hardening": [0, 1, 2], "newlib": ["full", "nano"]}
    default_options = {"ram": "", "cores": "", "hardening": 1, "newlib": "full"}
    exports_sources = ("CMakeLists.txt", "*.cmake.in", "meson.build", "core/*", "slab/*", "fallback/*", "arch/*",
                       "LICENSE", "NOTICE")

    def set_version(self):
        text = Path(self.recipe_folder, "meson.build").read_text(encoding="utf-8")
        self.version = re.search(r"version: '(.*?)'", text)[1]

    def configure(self):
        self.settings.rm_safe("compiler.libcxx")
        self.settings.rm_safe("compiler.cppstd")

    def layout(self):
        cmake_layout(self)

    def generate(self):
        toolchain = CMakeToolchain(self)
        for option, value in self.options.items():
            if option in ("ram", "cores", "hardening", "newlib"):
                toolchain.cache_variables[f"OSH_{option.upper()}"] = str(value)
        toolchain.generate()

    def build(self):
        cmake = CMake(self)
        cmake.configure()
        cmake.build()

    def package(self):
        CMake(self).install()
        for name in ("LICENSE", "NOTICE"):
            copy(self, name, self.source_folder, str(Path(self.package_folder, "licenses")))

    def package_info(self):
        self.cpp_info.libs = ["osheap"]
        # The package's own osheapConfig.cmake says the rest.
        self.cpp_info.set_property("cmake_find_mode", "none")
        self.cpp_info.builddirs = ["lib/cmake/osheap"]
