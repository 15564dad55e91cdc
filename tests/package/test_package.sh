#!/usr/bin/env bash
# Installs the build into an empty prefix, then builds and runs a consumer through find_package and through pkg-config.
#   test_package.sh BUILD_DIR COMPILER
set -euo pipefail
build=$1 compiler=$2
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

cmake --install "$build" --prefix "$work/prefix" >/dev/null
cmake -S "$here" -B "$work/build" -G Ninja -DCMAKE_PREFIX_PATH="$work/prefix" -DCMAKE_CXX_COMPILER="$compiler" >/dev/null
cmake --build "$work/build"
"$work/build/consumer" "$work/a.fovea"

export PKG_CONFIG_PATH="$work/prefix/lib/x86_64-linux-gnu/pkgconfig:$work/prefix/lib/pkgconfig"
read -ra flags <<<"$(pkg-config --cflags fovea)"
read -ra libs <<<"$(pkg-config --libs fovea)"
"$compiler" "${flags[@]}" "$here/consumer.cpp" -o "$work/by_pkg_config" "${libs[@]}"
"$work/by_pkg_config" "$work/b.fovea"
cmp "$work/a.fovea" "$work/b.fovea"
"$work/prefix/bin/fovea" --version
