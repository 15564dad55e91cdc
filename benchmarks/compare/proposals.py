#!/usr/bin/env python3
"""Object proposals of fovea beside those of OpenCV's contrib modules: boxes that objects are found by, and time, in turn in one sitting.

    benchmarks/compare/proposals.py --voc FOLDER [--preset fast|quality] [--plot FILE.png] [--from FILE.jsonl] [--save FILE.jsonl]

FOLDER has JPEGImages and Annotations as Pascal VOC has. Every image is searched by fovea and by OpenCV (selectiveSearch fast or quality), the one that
goes first changing from round to round; the table has the best overlap and the recall of the objects by the first N boxes of each image, and the
ratio of times. Objects marked difficult count. ABO is the mean over a class's objects of the largest overlap with a box, MABO its mean over classes
(Uijlings et al. 2013, section 5). Sliding windows are measured with the same N by the command `fovea propose`, when --fovea names it.

Needs Debian's python3-numpy, python3-opencv, and libopencv-contrib-dev for compare_regions, which FOVEA_BUILD_COMPARE=ON builds.
"""
import argparse
import json
import pathlib
import statistics
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as xml

import numpy as np

COUNTS = (10, 30, 100, 300, 1000, 2000, 5000, 10000)
THRESHOLDS = (0.5, 0.7, 0.8)


def read_objects(folder, stem):
    """(class, box) of each object; VOC's pixels are counted from 1 and inclusive. Boxes without area are left out."""
    objects = []
    for item in xml.parse(folder / "Annotations" / f"{stem}.xml").getroot().iter("object"):
        corners = [float(item.find("bndbox").find(name).text) for name in ("xmin", "ymin", "xmax", "ymax")]
        box = (corners[0] - 1, corners[1] - 1, corners[2], corners[3])
        if box[2] > box[0] and box[3] > box[1]:
            objects.append((item.find("name").text, box))
    return objects


def best_overlaps(box, proposals):
    """The largest IoU with the first 1, 2, ... proposals."""
    if len(proposals) == 0:
        return np.zeros(1)
    p = np.asarray(proposals, dtype=float)
    width = np.clip(np.minimum(p[:, 2], box[2]) - np.maximum(p[:, 0], box[0]), 0, None)
    height = np.clip(np.minimum(p[:, 3], box[3]) - np.maximum(p[:, 1], box[1]), 0, None)
    common = width * height
    union = (p[:, 2] - p[:, 0]) * (p[:, 3] - p[:, 1]) + (box[2] - box[0]) * (box[3] - box[1]) - common
    return np.maximum.accumulate(common / union)


def measure(objects, proposals):
    """{N: {"mabo", "abo", "recall": {threshold: share}, "boxes": mean number}} over images; arguments by image."""
    rows = {}
    curves = [(label, best_overlaps(box, proposals[stem])) for stem, list_ in objects.items() for label, box in list_]
    for count in COUNTS:
        best = [(label, curve[min(count, len(curve)) - 1]) for label, curve in curves]
        classes = sorted({label for label, _ in best})
        abo = {name: statistics.fmean(o for label, o in best if label == name) for name in classes}
        rows[count] = {"mabo": statistics.fmean(abo.values()), "abo": statistics.fmean(o for _, o in best),
                       "recall": {t: statistics.fmean(o >= t for _, o in best) for t in THRESHOLDS},
                       "boxes": statistics.fmean(min(count, len(p)) for p in proposals.values())}
    return rows


def run_programs(program, preset, rounds, files, save):
    lines = []
    command = [program, "propose", preset, str(rounds), *map(str, files)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process, open(save, "w") as out:
        for number, line in enumerate(process.stdout):
            out.write(line)
            lines.append(json.loads(line))
            print(f"\r{number + 1} of {rounds * len(files)}", end="", file=sys.stderr)
    print(file=sys.stderr)
    if process.returncode != 0:
        sys.exit(f"{program} failed")
    return lines


def sliding_windows(fovea, files):
    with tempfile.TemporaryDirectory() as folder:
        names, out = pathlib.Path(folder) / "list.txt", pathlib.Path(folder) / "windows.json"
        names.write_text("".join(f"{file.resolve()}\n" for file in files))
        subprocess.run([fovea, "propose", "--images", names, "--method", "sliding-window", "--max-boxes", str(max(COUNTS)), "--out", out,
                        "--quiet"], check=True)
        return {pathlib.Path(entry["file"]).stem: [p["box"] for p in entry["proposals"]] for entry in json.loads(out.read_text())["images"]}


def plot(results, file):
    import cv2
    width, height, margin = 900, 520, 70
    picture = np.full((height, width, 3), 255, np.uint8)
    colours = [(178, 114, 0), (0, 94, 213), (115, 158, 0), (167, 121, 204)]
    place = lambda n, v: (int(margin + np.log(n / COUNTS[0]) / np.log(COUNTS[-1] / COUNTS[0]) * (width - 2 * margin)),
                          int(height - margin - v * (height - 2 * margin)))
    for value in np.arange(0, 1.01, 0.2):
        cv2.line(picture, place(COUNTS[0], value), place(COUNTS[-1], value), (220, 220, 220), 1)
        cv2.putText(picture, f"{value:.1f}", (20, place(COUNTS[0], value)[1] + 5), 0, 0.5, (60, 60, 60), 1, cv2.LINE_AA)
    for count in COUNTS:
        cv2.putText(picture, str(count), (place(count, 0)[0] - 15, height - margin + 22), 0, 0.45, (60, 60, 60), 1, cv2.LINE_AA)
    cv2.putText(picture, "boxes an image (log)   solid: MABO   thin: recall at IoU 0.7", (margin, height - 15), 0, 0.5, (60, 60, 60), 1, cv2.LINE_AA)
    for index, (name, rows) in enumerate(results.items()):
        for pick, thickness in ((lambda row: row["mabo"], 3), (lambda row: row["recall"][0.7], 1)):
            points = np.array([place(count, pick(row)) for count, row in rows.items()])
            cv2.polylines(picture, [points], False, colours[index], thickness, cv2.LINE_AA)
        cv2.putText(picture, name, (margin + 10, margin - 40 + 20 * index), 0, 0.55, colours[index], 2, cv2.LINE_AA)
    cv2.imwrite(str(file), picture)


def print_table(name, rows):
    print(f"\n{name}\n| first N | boxes | MABO | ABO | " + " | ".join(f"recall {t}" for t in THRESHOLDS) + " |\n|" + "---|" * (4 + len(THRESHOLDS)))
    for count, row in rows.items():
        print(f"| {count} | {row['boxes']:.0f} | {row['mabo']:.4f} | {row['abo']:.4f} | "
              + " | ".join(f"{row['recall'][t]:.3f}" for t in THRESHOLDS) + " |")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--voc", type=pathlib.Path, required=True)
    parser.add_argument("--preset", choices=("fast", "quality"), default="fast")
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--limit", type=int, help="only the first images")
    parser.add_argument("--program", default="build/release/benchmarks/compare/compare_regions")
    parser.add_argument("--fovea", help="the fovea command, for sliding windows")
    parser.add_argument("--plot", type=pathlib.Path)
    parser.add_argument("--save", default="proposals.jsonl", help="every round of every image")
    parser.add_argument("--from", dest="source", help="a file that --save wrote, instead of searching again")
    arguments = parser.parse_args()
    files = sorted((arguments.voc / "JPEGImages").glob("*.jpg"))[:arguments.limit]
    if arguments.source:
        lines = [json.loads(line) for line in open(arguments.source)]
    else:
        lines = run_programs(arguments.program, arguments.preset, arguments.rounds, files, arguments.save)
    stems = {pathlib.Path(line["file"]).stem for line in lines}
    objects = {stem: read_objects(arguments.voc, stem) for stem in stems}
    results = {side: measure(objects, {pathlib.Path(line["file"]).stem: line[side] for line in lines if side in line})
               for side in ("fovea", "opencv")}
    if arguments.fovea:
        results["sliding windows"] = measure(objects, sliding_windows(arguments.fovea, [f for f in files if f.stem in stems]))
    print(f"{len(stems)} images, {sum(map(len, objects.values()))} objects, preset {arguments.preset}")
    for name, rows in results.items():
        print_table(name, rows)
    ratios = sorted(line["opencv_ms"] / line["fovea_ms"] for line in lines)
    print(f"\ntime, median of {len(lines)} pairs: fovea {statistics.median(line['fovea_ms'] for line in lines):.0f} ms, opencv "
          f"{statistics.median(line['opencv_ms'] for line in lines):.0f} ms, ratio {statistics.median(ratios):.1f} "
          f"({ratios[0]:.1f} to {ratios[-1]:.1f})")
    if arguments.plot:
        plot(results, arguments.plot)


if __name__ == "__main__":
    main()
