#!/bin/sh
# Write requirements.lock (what runs) and requirements-dev.lock (that, and what checks it) from pyproject.toml, each from
# a fresh virtual environment. Lines are `name==version`, without hashes and without the "+cpu" of a torch build, because
# torch has another wheel for every platform.
set -eu
cd "$(dirname "$0")/.."
python=${PYTHON:-python3}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# The dependencies of pyproject.toml, one a line; with an argument those of that extra, too.
dependencies() {
    "$python" - "$@" <<'PY'
import sys, tomllib
with open("pyproject.toml", "rb") as file:
    project = tomllib.load(file)["project"]
for name in project["dependencies"] + [d for extra in sys.argv[1:] for d in project["optional-dependencies"][extra]]:
    print(name)
PY
}

# lock FILE [EXTRA] [CONSTRAINTS]: the versions that pip chooses for the dependencies.
lock() {
    target=$1
    dependencies ${2:+"$2"} > "$work/in.txt"
    "$python" -m venv "$work/env"
    "$work/env/bin/python" -m pip install --quiet --upgrade pip
    # What runs in production is what was tested: the second lock starts from the first one's versions.
    "$work/env/bin/python" -m pip install --quiet -r "$work/in.txt" ${3:+-c "$3"}
    {
        echo "# Written by scripts/lock.sh from pyproject.toml: run \`make lock\` and do not edit."
        "$work/env/bin/python" -m pip freeze --all | sed -E '/^pip==/d; s/\+[a-z0-9.]+$//' | LC_ALL=C sort -f
    } > "$work/out.txt"
    if grep -nE '@|://' "$work/out.txt"; then
        echo "$target: a package came from a file or an address, not by version" >&2
        exit 1
    fi
    cp "$work/out.txt" "$target"
    rm -rf "$work/env"
}

lock requirements.lock
lock requirements-dev.lock dev requirements.lock
