# SPDX-License-Identifier: Apache-2.0
"""PlatformIO runs this for a program with the library (library.json): builds the library by CMake with
the environment's compiler and machine flags. docs/packages.md has the options of platformio.ini."""
import os
import re
import subprocess
import sys
from pathlib import Path

Import("env", "pio_lib_builder")  # of SCons

MACHINE_FLAGS = ("-m", "--specs", "--target", "-Os", "-Oz")
OPTIONS = {"ram": "", "cores": "", "hardening": "1", "newlib": "full", "config": ""}
source = Path(pio_lib_builder.path)
build = env.subst(os.path.join("$BUILD_DIR", "osheap"))
linux = env["PIOPLATFORM"] == "native"

flags = [env.subst(str(flag)) for key in ("CFLAGS", "CCFLAGS") for flag in env.get(key, [])]
configure = ["cmake", "-S", str(source), "-B", build, "-DCMAKE_C_COMPILER=" + env.subst("$CC"),
             "-DCMAKE_C_FLAGS=" + " ".join(flag for flag in flags if flag.startswith(MACHINE_FLAGS))]
for option, default in OPTIONS.items():
    configure.append(f"-DOSH_{option.upper()}=" + env.GetProjectOption(f"custom_osheap_{option}", default))
if not linux:
    configure += ["-DCMAKE_SYSTEM_NAME=Generic", "-DCMAKE_TRY_COMPILE_TARGET_TYPE=STATIC_LIBRARY"]
for command in (configure, ["cmake", "--build", build, "--parallel"]):
    done = subprocess.run(command, env=dict(os.environ, PATH=env["ENV"]["PATH"]), capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit(done.stdout + done.stderr)

env.Append(LIBPATH=[build], LIBS=["osheap"])
if linux:
    env.Append(LINKFLAGS=["-pthread"])
else:
    route = re.search(r"^route_args = .*", (source / "meson.build").read_text(encoding="utf-8"), re.M)[0]
    env.Append(CPPPATH=[str(source / "arch/firmware/include")], LINKFLAGS=re.findall(r"-Wl,[^']+", route))
    if env.GetProjectOption("custom_osheap_noos", "no") == "yes":
        env.Append(LIBS=["osheap_noos"])
