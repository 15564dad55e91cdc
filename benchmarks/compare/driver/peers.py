"""Builds fovea's side and finds the libraries that are installed."""
from __future__ import annotations

import dataclasses
import os
import pathlib
import subprocess
import sys

FOLDER = pathlib.Path(__file__).resolve().parent.parent
SOURCES = FOLDER.parent.parent
SYSTEM_PYTHON = "/usr/bin/python3"  # Debian's, which sees Debian's torch

# glibc's allocator kept from giving memory back, and on 2 MiB pages: torch has no caching allocator on CPU, so that every large tensor
# is a fresh mapping and pays a page fault per 4 KiB.
TUNED_MALLOC = {"GLIBC_TUNABLES": "glibc.malloc.hugetlb=1:glibc.malloc.mmap_max=0:glibc.malloc.trim_threshold=17179869184:"
                                  "glibc.malloc.top_pad=67108864"}


@dataclasses.dataclass
class Peers:
    """What there is to compare with."""

    programs: pathlib.Path  # folder of the compare_* programs
    fovea: pathlib.Path  # the command line tool
    torch: str | None  # version
    missing: list[str]  # "oneDNN: not installed: apt package libdnnl-dev"

    def has(self, program: str) -> bool:
        return (self.programs / f"compare_{program}").exists()

    def program(self, name: str, *arguments) -> list[str]:
        return [str(self.programs / f"compare_{name}"), *map(str, arguments)]


def build(folder: pathlib.Path, with_tool: bool) -> None:
    """Configures `folder` for the comparison and builds it; a fresh folder becomes a release build."""
    configure = ["cmake", "-S", str(SOURCES), "-B", str(folder), "-DFOVEA_BUILD_COMPARE=ON"]
    if not (folder / "CMakeCache.txt").exists():
        configure += ["-G", "Ninja", "-DCMAKE_BUILD_TYPE=Release", "-DFOVEA_BUILD_TESTS=OFF", "-DFOVEA_BUILD_SAMPLES=OFF"]
    targets = ["compare", *(["fovea_cli"] if with_tool else [])]
    for command in (configure, ["cmake", "--build", str(folder), "-j", str(os.cpu_count()), "--target", *targets]):
        done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        if done.returncode:
            sys.exit(f"{done.stdout}\n{' '.join(command)} ended with {done.returncode}")


def torch_version() -> str | None:
    """Of Debian's torch with torchvision, or None."""
    try:
        done = subprocess.run([SYSTEM_PYTHON, "-c", "import torch, torchvision; print(torch.__version__)"], capture_output=True, text=True)
    except OSError:
        return None
    return done.stdout.strip() if done.returncode == 0 else None


def find(build_folder: pathlib.Path, tool: pathlib.Path | None = None) -> Peers:
    """What `build_folder` holds after build(), with the command line tool `tool` in place of its own if given."""
    tool = tool or build_folder / "pipelines" / "cli" / "fovea"
    peers = Peers(build_folder / "benchmarks" / "compare", tool, torch_version(), [])
    for program, name, package in (("onednn", "oneDNN 2", "libdnnl-dev"), ("openblas", "OpenBLAS", "libopenblas-dev"),
                                   ("eigen", "Eigen", "libeigen3-dev")):
        if not peers.has(program):
            peers.missing.append(f"{name}: not installed: apt package {package}")
    if not peers.torch:
        peers.missing.append("torch: not installed: apt packages python3-torch python3-torchvision")
    return peers
