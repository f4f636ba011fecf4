# SPDX-License-Identifier: Apache-2.0
"""In the place of Conan 2, for ../recipes.py: what conanfile.py uses of it, written from its documentation."""


class Settings(dict):
    def rm_safe(self, name):
        self.pop(name, None)


class Options(dict):
    def __getattr__(self, name):
        return self[name]


class CppInfo:
    def __init__(self):
        self.libs, self.builddirs, self.properties = [], [], {}

    def set_property(self, name, value):
        self.properties[name] = value


class ConanFile:
    """The folders are set by whoever runs the recipe."""

    def __init__(self):
        self.settings = Settings(dict.fromkeys(self.settings))
        unknown = set(self.default_options) - set(self.options)
        if unknown:
            raise ValueError(f"default_options: no option {unknown}")
        self.options = Options(self.default_options)
        self.cpp_info = CppInfo()
