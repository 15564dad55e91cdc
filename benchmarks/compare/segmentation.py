#!/usr/bin/env python3
"""Felzenszwalb-Huttenlocher segmentation by fovea, OpenCV's contrib modules and scikit-image: time, memory and quality, in one sitting.

    benchmarks/compare/segmentation.py [--bsds FOLDER] [--photo FILE] [--rounds N] [--sizes 481x321,1024x768,4000x3000]

Times: the photograph is enlarged to each size; the three take turns, round after round (scale 200, sigma 0.8, minimum size 50). OpenCV builds its graph
with 4 neighbours, scikit-image with 8; fovea runs with both. Memory: what fovea's process grows by, and the image, in bytes a pixel. Quality: every photograph of FOLDER (images/ and groundTruth_png/ as
`fovea evaluate-superpixels` wants them) is segmented by all three with the same parameters.

scikit-image divides 8-bit values by 255 and --scale by 255 with them, so that the parameters mean the same; it reflects at the border where fovea and
the published program repeat the last pixel.

Needs Debian's python3-opencv, python3-skimage, libopencv-contrib-dev; a build with FOVEA_BUILD_COMPARE=ON.
"""
import argparse
import json
import pathlib
import statistics
import subprocess
import tempfile
import time

import cv2
import skimage.segmentation

SCALE, SIGMA, MIN_SIZE = 200, 0.8, 50
PROGRAM, COMMAND = "benchmarks/compare/compare_regions", "pipelines/cli/fovea"


def program(build, rounds, out, files):
    command = [build / PROGRAM, "segment", SCALE, SIGMA, MIN_SIZE, rounds, out, *files]
    output = subprocess.run(list(map(str, command)), check=True, stdout=subprocess.PIPE, text=True).stdout
    return [json.loads(line) for line in output.splitlines()]


def scikit_image(file):
    """Labels and milliseconds."""
    image = cv2.cvtColor(cv2.imread(str(file)), cv2.COLOR_BGR2RGB)
    start = time.perf_counter()
    labels = skimage.segmentation.felzenszwalb(image, scale=SCALE, sigma=SIGMA, min_size=MIN_SIZE)
    return labels, 1000 * (time.perf_counter() - start)


def times(arguments, folder):
    print("| size | fovea ms | fovea, 4 neighbours | OpenCV contrib ms | scikit-image ms | of OpenCV | of OpenCV, both with 4 | of scikit-image "
          "| bytes a pixel |\n|" + "---|" * 9)
    photo = cv2.imread(arguments.photo)
    for size in arguments.sizes.split(","):
        width, height = map(int, size.split("x"))
        file = folder / f"{size}.png"
        cv2.imwrite(str(file), cv2.resize(photo, (width, height), interpolation=cv2.INTER_CUBIC))
        rounds = []
        for _ in range(arguments.rounds if width * height < 2e6 else 1):
            blocks = program(arguments.build, 3, "-", [file])  # each of the three goes first once
            python = scikit_image(file)[1]
            rounds += [(block["fovea_ms"], block["fovea_4_ms"], block["opencv_ms"], python) for block in blocks]
        median = [statistics.median(column) for column in zip(*rounds)]
        ratio = lambda of, to: statistics.median(row[of] / row[to] for row in rounds)
        memory = program(arguments.build, 0, "-", [file])[0]["bytes_per_pixel"]
        print(f"| {size} | {median[0]:.1f} | {median[1]:.1f} | {median[2]:.0f} | {median[3]:.0f} | {ratio(2, 0):.1f} | {ratio(2, 1):.1f} | "
              f"{ratio(3, 0):.1f} | {memory:.0f} |", flush=True)


def measure(arguments, labels):
    output = subprocess.run([arguments.build / COMMAND, "evaluate-superpixels", "--labels", labels, "--gt", arguments.bsds / "groundTruth_png",
                             "--tolerance", str(arguments.tolerance), "--json", "-", "--quiet"], check=True, stdout=subprocess.PIPE).stdout
    return json.loads(output)


def difference(ours, theirs, key):
    """The mean over images of ours minus theirs, and its standard error."""
    gaps = [a[key] - b[key] for a, b in zip(ours["images"], theirs["images"])]
    return f"{statistics.fmean(gaps):+.4f} ({statistics.stdev(gaps) / len(gaps) ** 0.5:.4f})"


def quality(arguments, folder):
    files = sorted((arguments.bsds / "images").rglob("*.jpg"))
    program(arguments.build, 1, folder, files)
    (folder / "scikit-image").mkdir()
    for file in files:
        cv2.imwrite(str(folder / "scikit-image" / f"{file.stem}.png"), scikit_image(file)[0].astype("uint16"))
    results = {name: measure(arguments, folder / name) for name in ("fovea", "scikit-image", "fovea, 4 neighbours", "opencv")}
    print("\n| | regions | boundary recall | precision | undersegmentation error | achievable accuracy |\n|" + "---|" * 6)
    for name, mean in results.items():
        print(f"| {name} | {mean['regions']} | {mean['boundary_recall']:.4f} | {mean['boundary_precision']:.4f} | "
              f"{mean['undersegmentation_error']:.4f} | {mean['achievable_accuracy']:.4f} |")
    for ours, theirs in (("fovea", "scikit-image"), ("fovea, 4 neighbours", "opencv"), ("fovea", "opencv")):
        gaps = [difference(results[ours], results[theirs], key) for key in ("boundary_recall", "undersegmentation_error")]
        print(f"\n{ours} - {theirs}, mean over images (standard error): boundary recall {gaps[0]}, undersegmentation error {gaps[1]}")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bsds", type=pathlib.Path)
    parser.add_argument("--photo", default="/usr/share/doc/opencv-doc/examples/data/building.jpg")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--sizes", default="481x321,1024x768,4000x3000", help="'' for no times")
    parser.add_argument("--tolerance", type=int, default=2, help="of boundaries, pixels")
    parser.add_argument("--build", type=pathlib.Path, default=pathlib.Path("build/release"))
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        if arguments.sizes:
            times(arguments, pathlib.Path(folder))
        if arguments.bsds:
            quality(arguments, pathlib.Path(folder))


if __name__ == "__main__":
    main()
