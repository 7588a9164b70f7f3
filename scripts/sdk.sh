#!/usr/bin/env bash
# Prints the path of a Python that has the official SDK of DTS (tests/sdk/requirements.txt).
#
# The packages come from the index that pip is set up with, once, into target/sdk/<hash of the list>/.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
list=$root/tests/sdk/requirements.txt

if ! command -v python3 > /dev/null; then
    echo "scripts/sdk.sh: the SDK needs python3 with venv and pip, and there is no python3 on PATH. Install it." >&2
    exit 1
fi

hash=$(python3 -c 'import hashlib, sys; print(hashlib.sha256(open(sys.argv[1], "rb").read()).hexdigest()[:12])' "$list")
home=$root/target/sdk/$hash
if [ ! -x "$home/bin/python" ]; then
    # Made aside and moved into place whole, so that an interrupted or parallel run leaves nothing half done.
    mkdir -p "$root/target/sdk"
    made=$(mktemp -d "$root/target/sdk/new.XXXXXX")
    trap 'rm -rf "$made"' EXIT
    if ! { python3 -m venv "$made/venv" \
        && "$made/venv/bin/python" -m pip install --quiet --disable-pip-version-check --requirement "$list"; } >&2; then
        echo "scripts/sdk.sh: cannot install the packages of tests/sdk/requirements.txt; see the lines above." \
            "They come from the package index that pip is set up with (pip config list)." >&2
        exit 1
    fi
    # Refused when another run was faster, and then that one's is as good.
    python3 -c 'import os, sys; os.rename(sys.argv[1], sys.argv[2])' "$made/venv" "$home" 2> /dev/null \
        || [ -x "$home/bin/python" ]
fi
echo "$home/bin/python"
