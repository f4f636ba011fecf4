#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""What ESP-IDF's idf.py does for the page: idf.py -C PROJECT -B BUILD -DNAME=VALUE build"""

import argparse
import subprocess

parser = argparse.ArgumentParser(description=__doc__)
parser.add_argument("-C", dest="project", required=True, help="the project's folder")
parser.add_argument("-B", dest="build", required=True, help="the folder to build in")
parser.add_argument("-D", dest="settings", action="append", default=[], help="NAME=VALUE, for CMake")
parser.add_argument("action", choices=["build"])
arguments = parser.parse_args()

subprocess.run(["cmake", "-G", "Ninja", "-S", arguments.project, "-B", arguments.build,
                *(f"-D{setting}" for setting in arguments.settings)], check=True)
subprocess.run(["ninja", "-C", arguments.build], check=True)
