#!/usr/bin/env bash
# Installs the Debian packages that fovea builds, tests and demonstrates with. Idempotent: installs only what is missing.
# Wants root or sudo when something is missing. `bootstrap.sh --list` only lists the packages.
set -euo pipefail

packages=(
  # compiler and build
  g++ cmake ninja-build ccache mold pkg-config binutils
  # libraries
  libopencv-dev libtbb-dev libfmt-dev libjpeg62-turbo-dev libpng-dev zlib1g-dev nlohmann-json3-dev libcli11-dev libsimdjson-dev libpugixml-dev
  libyaml-cpp-dev libxxhash-dev
  # tests and benchmarks
  libgtest-dev libgmock-dev libbenchmark-dev
  # libFuzzer, for the tests of readers
  clang libclang-rt-dev
  # data that tests and demo use: 70,000 images, and photographs
  dataset-fashion-mnist opencv-doc
)

if [[ "${1:-}" == --list ]]; then
  printf '%s\n' "${packages[@]}"
  exit 0
fi

missing=()
for package in "${packages[@]}"; do
  status=$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null || true)
  [[ $status == installed ]] || missing+=("$package")
done
if ((${#missing[@]} == 0)); then
  echo "bootstrap: all ${#packages[@]} packages are installed" >&2
  exit 0
fi

as_root=()
if ((EUID != 0)); then
  command -v sudo >/dev/null || { echo "bootstrap: missing ${missing[*]}; run as root or install sudo" >&2; exit 2; }
  as_root=(sudo)
fi
echo "bootstrap: installing ${missing[*]}" >&2
"${as_root[@]}" apt-get update -qq
"${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >&2
