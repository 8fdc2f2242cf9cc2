#!/usr/bin/env bash
# The main job from start to end, on this machine: start the sandbox, install the toolbox, query real data.
set -euo pipefail
cd "$(dirname "$0")/.."

say() { printf '\n\033[1m$ %s\033[0m\n' "$*"; "$@"; }
target=(--sandbox --cluster-id demo --database dev)

trap 'carto-at sandbox stop --quiet' EXIT
say carto-at sandbox start
say carto-at install "${target[@]}"
say carto-at sql "${target[@]}" --file examples/places.sql
say carto-at sql "${target[@]}" --file examples/tour.sql
say carto-at install "${target[@]}"
