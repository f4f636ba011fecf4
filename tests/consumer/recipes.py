#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The recipes for Conan, PlatformIO and vcpkg, run by what stands here for these tools: Debian has none of
them. Conan's and vcpkg's few functions are in recipes/, PlatformIO's engine is SCons itself. Each recipe
builds the library for real, and a program with it, which runs: on Linux, and for a Cortex-M4 under QEMU.

usage: recipes.py BUILD-ROOT
"""
import json
import re
import shutil
import subprocess
import sys
from fnmatch import fnmatch
from pathlib import Path

HERE = Path(__file__).resolve().parent
TOP = HERE.parent.parent
PROFILE = ["-DCMAKE_C_COMPILER=arm-none-eabi-gcc", "-DCMAKE_C_FLAGS=-mcpu=cortex-m4 -mthumb -mfloat-abi=soft",
           "-DCMAKE_SYSTEM_NAME=Generic", "-DCMAKE_TRY_COMPILE_TARGET_TYPE=STATIC_LIBRARY"]
CONSUMER = """cmake_minimum_required(VERSION 3.15)
project(consumer C)
find_package(osheap REQUIRED)
"""
FIRMWARE = """add_executable(program main.c)
target_link_libraries(program osheap::osheap osheap::noos)
target_link_options(program PRIVATE -nostartfiles --specs=nosys.specs -T ${CMAKE_SOURCE_DIR}/image.ld)
"""
LINUX = """add_executable(program user.c)
target_link_libraries(program osheap::osheap)
"""


class Failed(Exception):
    """What is wrong, for the reader."""


def run(*words, cwd=None, limit=300):
    done = subprocess.run([str(word) for word in words], cwd=cwd, capture_output=True, text=True, check=False,
                          stdin=subprocess.DEVNULL, timeout=limit)
    if done.returncode != 0:
        raise Failed(f"{' '.join(map(str, words))[:300]}: status {done.returncode}\n{(done.stdout + done.stderr)[-1500:]}")
    return done.stdout


def in_qemu(image):
    run("qemu-system-arm", "-M", "mps2-an386", "-nodefaults", "-display", "none", "-semihosting-config",
        "enable=on,target=native", "-kernel", image, limit=60)


def consume(folder, prefix, firmware):
    """A program that finds the package in `prefix`, built and run."""
    folder.mkdir(parents=True)
    for file in ("firmware/main.c", "firmware/image.ld", "user.c"):
        shutil.copy(HERE / file, folder)
    (folder / "CMakeLists.txt").write_text(CONSUMER + (FIRMWARE if firmware else LINUX), encoding="utf-8")
    run("cmake", "-S", folder, "-B", folder / "build", f"-DCMAKE_PREFIX_PATH={prefix}",
        *(PROFILE if firmware else []))
    run("cmake", "--build", folder / "build")
    in_qemu(folder / "build/program") if firmware else run(folder / "build/program")


def tracked():
    return [name for name in run("git", "ls-files", "-co", "--exclude-standard", cwd=TOP).splitlines()
            if (TOP / name).is_file()]


def conan(work, firmware):
    """The recipe's methods in Conan's order, on the files that it exports and no others."""
    sys.path.insert(0, str(HERE / "recipes"))
    sys.dont_write_bytecode = True
    scope = {"__name__": "conanfile"}
    exec(compile((TOP / "conanfile.py").read_text(encoding="utf-8"), "conanfile.py", "exec"), scope)
    recipe = scope["Osheap"]()
    recipe.folder, recipe.recipe_folder = work, str(TOP)
    recipe.source_folder, recipe.package_folder = str(work / "source"), str(work / "package")
    recipe.profile = PROFILE if firmware else []
    for name in tracked():
        if any(fnmatch(name, pattern) for pattern in recipe.exports_sources):
            (work / "source" / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(TOP / name, work / "source" / name)
    recipe.set_version()
    if firmware:
        recipe.options.update(ram="96K", cores="1")
    for step in ("configure", "layout", "generate", "build", "package", "package_info"):
        getattr(recipe, step)()
    if f"version: '{recipe.version}'" not in (TOP / "meson.build").read_text(encoding="utf-8"):
        raise Failed(f"the recipe's version is {recipe.version}")
    package = work / "package"
    for library in recipe.cpp_info.libs:
        if not list(package.rglob(f"lib{library}.a")):
            raise Failed(f"cpp_info.libs: no lib{library}.a in the package")
    for name in ("licenses/LICENSE", "licenses/NOTICE", *recipe.cpp_info.builddirs):
        if not (package / name).exists():
            raise Failed(f"the package has no {name}")
    consume(work / "consumer", package / recipe.cpp_info.builddirs[0], firmware)


def platformio(work, firmware):
    """library.json's build section, and its script under SCons."""
    library = json.loads((TOP / "library.json").read_text(encoding="utf-8"))["build"]
    for name in library.values():
        if not (TOP / name).exists():
            raise Failed(f"library.json: there is no {name}")
    work.mkdir(parents=True)
    shutil.copy(HERE / "recipes/SConstruct", work)
    arguments = {"library": TOP, "platform": "native", "cc": "gcc", "sources": HERE / "user.c"}
    if firmware:
        machine = "-mcpu=cortex-m4 -mthumb -mfloat-abi=soft"
        shutil.copy(HERE / "firmware/main.c", work)
        arguments.update(platform="board", cc="arm-none-eabi-gcc", sources="main.c", flags=machine,
                         custom_osheap_ram="96K", custom_osheap_cores="1", custom_osheap_noos="yes",
                         link=f"{machine} -nostartfiles --specs=nosys.specs -T {HERE / 'firmware/image.ld'}")
    else:
        shutil.copy(HERE / "user.c", work)
        arguments["sources"] = "user.c"
    run("scons", "-Q", *(f"{name}={value}" for name, value in arguments.items()), cwd=work)
    in_qemu(work / "program") if firmware else run(work / "program")


def block(name):
    """What docs/packages.md shows under that name."""
    page = (TOP / "docs/packages.md").read_text(encoding="utf-8")
    found = re.search(rf"<!-- file: {re.escape(name)} -->\n\n((?:    .*\n|\n)+)", page)
    if not found:
        raise Failed(f"docs/packages.md: no block {name}")
    return re.sub(r"^    ", "", found[1], flags=re.M).rstrip() + "\n"


def repository(folder):
    """The tree as it lies here, committed or not."""
    for name in tracked():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(TOP / name, folder / name)
    run("git", "init", "-q", "-b", "main", cwd=folder)
    run("git", "add", "-A", cwd=folder)
    run("git", "-c", "user.name=tree", "-c", "user.email=tree@localhost", "commit", "-qm", "tree", cwd=folder)
    return f"file://{folder}"


def vcpkg(work, firmware):
    """The page's overlay port; vcpkg has no firmware to speak of."""
    del firmware
    work.mkdir(parents=True)
    manifest = json.loads(block("vcpkg.json"))
    version = re.search(r"version: '(.*?)'", (TOP / "meson.build").read_text(encoding="utf-8"))[1]
    if (manifest["name"], manifest["version"]) != ("osheap", version):
        raise Failed(f"vcpkg.json: {manifest['name']} {manifest['version']}, meson.build has {version}")
    text = block("portfile.cmake").replace("https://example.org/osheap.git", repository(work / "osheap.git"))
    (work / "portfile.cmake").write_text(text, encoding="utf-8")
    run("cmake", f"-DPORTFILE={work / 'portfile.cmake'}", f"-DFOLDER={work}", "-P", HERE / "recipes/vcpkg.cmake")
    consume(work / "consumer", work / "packages", False)


def main():
    if len(sys.argv) != 2 or sys.argv[1].startswith("-"):
        print(__doc__)
        return 0 if sys.argv[1:] in (["-h"], ["--help"]) else 2
    root = Path(sys.argv[1]).resolve() / "recipes"
    shutil.rmtree(root, ignore_errors=True)
    failed = 0
    for name, recipe, firmware in (("conan, Linux", conan, False), ("conan, Cortex-M4", conan, True),
                                   ("platformio, native", platformio, False),
                                   ("platformio, Cortex-M4", platformio, True), ("vcpkg, Linux", vcpkg, False)):
        try:
            recipe(root / name.replace(", ", "-"), firmware)
            print(f"{name}: the recipe builds the library, and a program with it runs", flush=True)
        except (Failed, subprocess.SubprocessError, OSError, ValueError, KeyError) as error:
            failed += 1
            print(f"{name}: FAILED: {error}", flush=True)
    return int(failed > 0)


if __name__ == "__main__":
    sys.exit(main())
