#!/usr/bin/env bash
# Builds everything with warnings as errors and runs the tests; then the kernel, op, reader and pipeline tests again under the address
# and undefined-behaviour sanitizers. Works alone on a fresh Debian 12.
#   scripts/test.sh          what every change must pass
#   scripts/test.sh --all    also the tests labelled slow (trainings to a given accuracy, the full matrix)
set -euo pipefail
cd "$(dirname "$0")/.."

all=0
case "${1:-}" in
  "") ;;
  --all) all=1 ;;
  *) echo "usage: scripts/test.sh [--all]" >&2; exit 2 ;;
esac

scripts/bootstrap.sh
jobs=$(nproc)
exclude=(--label-exclude slow)
((all)) && exclude=()

cmake --preset asan
cmake --build --preset asan -j "$jobs"
ctest --test-dir build/asan --output-on-failure --label-exclude 'slow|release-only|isa' -j "$jobs"

cmake --preset dev
cmake --build --preset dev -j "$jobs"
ctest --test-dir build/dev --output-on-failure "${exclude[@]}" -j "$jobs"
