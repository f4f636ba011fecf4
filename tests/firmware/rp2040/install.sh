#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Installs the emulator of the RP2040 from npm, once: into build/npm, or $OSHEAP_RP2040JS.
set -euo pipefail
folder=${OSHEAP_RP2040JS:-$(cd "$(dirname "$0")/../../.." && pwd)/build/npm}
version=1.4.1
# One at a time: images are started in parallel, and a package that is being unpacked looks installed.
mkdir -p "$folder"
exec {lock}>"$folder/lock"
flock "$lock"
[ ! -e "$folder/node_modules/rp2040js/package.json" ] || exit 0
command -v npm >/dev/null || { echo "install.sh: npm is missing: apt-get install nodejs npm" >&2; exit 1; }
npm install --prefix "$folder" --no-audit --no-fund --silent "rp2040js@$version" ||
    { echo "install.sh: npm could not install rp2040js $version into $folder" >&2; exit 1; }
