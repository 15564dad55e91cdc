#!/usr/bin/env python3
"""Non-maximum suppression of fovea beside torchvision's and OpenCV's: the same boxes, in turn in one sitting.

    benchmarks/compare/suppression.py [--build DIR] [--counts 10000,100000] [--rounds 3] [--markdown]

Boxes have random corners in [0, 1800) and sides in [10, 200), scores are random, the threshold is 0.5. The table has medians, ratios of medians, and
whether the places that are kept are those of torchvision, one by one. Every peer runs on one thread; fovea too, since there is one class.

Needs Debian's python3-torchvision (run with /usr/bin/python3) and libopencv-dev for compare_suppression, which FOVEA_BUILD_COMPARE=ON builds.
"""
import argparse
import json
import pathlib
import statistics
import subprocess
import tempfile
import time

import torch
import torchvision

SOURCES = pathlib.Path(__file__).resolve().parents[2]
THRESHOLD = 0.5


def random_boxes(count):
    generator = torch.Generator().manual_seed(count)
    corner = torch.rand(count, 2, generator=generator) * 1800
    size = torch.rand(count, 2, generator=generator) * 190 + 10
    return torch.cat([corner, corner + size], dim=1), torch.rand(count, generator=generator) * 0.95 + 0.05


def run_torchvision(boxes, scores):
    start = time.perf_counter()
    kept = torchvision.ops.nms(boxes, scores, THRESHOLD)
    return {"ms": [1000 * (time.perf_counter() - start)], "kept": kept.tolist()}


def run_program(program, library, file, rounds):
    output = subprocess.run([program, library, file, str(THRESHOLD), str(rounds)], check=True, capture_output=True, text=True).stdout
    return json.loads(output)


def measure(program, count, rounds):
    """{library: {"ms": [...], "kept": [...]}}; the libraries take turns."""
    boxes, scores = random_boxes(count)
    results = {}
    with tempfile.NamedTemporaryFile() as file:
        file.write(torch.cat([boxes, scores[:, None]], dim=1).numpy().tobytes())
        file.flush()
        for _ in range(rounds):
            for library, result in (("fovea", run_program(program, "fovea", file.name, 5)), ("torchvision", run_torchvision(boxes, scores)),
                                    ("OpenCV", run_program(program, "opencv", file.name, 1))):
                results.setdefault(library, {"ms": []})
                results[library]["ms"] += result["ms"]
                results[library]["kept"] = result["kept"]
    return results


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", type=pathlib.Path, default=SOURCES / "build" / "release", help="build folder (build/release)")
    parser.add_argument("--counts", default="10000,100000")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--markdown", action="store_true")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    row = "| {} | {} | {} | {} | {} | {} |" if arguments.markdown else "{:>8}  {:<12} {:>11}  {:>18}  {:>6}  {}"
    print(row.format("boxes", "library", "median ms", "fovea is faster by", "kept", "as torchvision"))
    if arguments.markdown:
        print("|---|---|---|---|---|---|")
    for count in map(int, arguments.counts.split(",")):
        results = measure(arguments.build / "benchmarks" / "compare" / "compare_suppression", count, arguments.rounds)
        ours = statistics.median(results["fovea"]["ms"])
        for library, result in results.items():
            median = statistics.median(result["ms"])
            same = "the same places" if result["kept"] == results["torchvision"]["kept"] else "others"
            print(row.format(count, library, f"{median:.2f}", f"{median / ours:.0f} x", len(result["kept"]), same))


if __name__ == "__main__":
    main()
