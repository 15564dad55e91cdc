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

# A program that trains a ResNet-50 compiles in seconds: processor time, which other work on the machine does not stretch much.
limit=5
TIMEFORMAT='%U %S'
{ time "$compiler" -O2 "${flags[@]}" "$here/train_resnet50.cpp" -o "$work/train_resnet50" "${libs[@]}" 2>"$work/compiler.log"; } 2>"$work/seconds" ||
  { cat "$work/compiler.log"; exit 1; }
read -r user system <"$work/seconds"
echo "train_resnet50.cpp: ${user} s user and ${system} s system to compile and link"
awk -v user="$user" -v kernel="$system" -v limit="$limit" 'BEGIN { exit !(user + kernel < limit) }' ||
  { echo "more than ${limit} s" >&2; exit 1; }
"$work/train_resnet50"
