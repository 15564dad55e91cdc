#!/usr/bin/env python3
"""A detector on a list of images, from JPEG to JSON: `fovea predict` beside the plain loop of imread, cv::dnn and NMSBoxes, in turn in one sitting.

    benchmarks/compare/detection.py --fovea PROGRAM --opencv PROGRAM --cfg FILE --weights FILE --images FOLDER [--rounds 7] [--repeat 4]

PROGRAM: build/release/pipelines/cli/fovea and compare_opencv_detect, which FOVEA_BUILD_COMPARE=ON builds. Every round runs both, the one that goes first
changing; loading the network is not timed. Prints images a second (medians) and the median and range of the ratios of the rounds.
"""
import argparse
import json
import pathlib
import statistics
import subprocess
import tempfile

CONFIDENCE, IOU = "0.25", "0.45"


def run_fovea(program, model, images, out, threads, batch, workers):
    subprocess.run(["rm", "-rf", out], check=True)
    command = [program, "predict", "--model", model, "--images", images, "--out", out, "--no-overlays", "--conf", CONFIDENCE, "--iou", IOU, "--quiet",
               "--batch", str(batch), "--workers", str(workers), "--threads", str(threads)]
    subprocess.run(command, check=True)
    manifest = json.loads((pathlib.Path(out) / "manifest.json").read_text())
    return manifest["images"] / manifest["seconds"], manifest["detections"]


def run_opencv(program, cfg, weights, images, out):
    line = subprocess.run([program, cfg, weights, images, CONFIDENCE, IOU, out], check=True, capture_output=True, text=True).stdout
    result = json.loads(line)
    return result["images"] / result["seconds"], result["boxes"]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in ("--fovea", "--opencv", "--cfg", "--weights", "--images"):
        parser.add_argument(name, required=True)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--repeat", type=int, default=4, help="how often the list names every image")
    parser.add_argument("--threads", type=int, default=0)
    parser.add_argument("--batch", type=int, default=16)
    parser.add_argument("--workers", type=int, default=1)
    args = parser.parse_args()
    files = sorted(str(path.resolve()) for path in pathlib.Path(args.images).rglob("*.jpg"))
    with tempfile.TemporaryDirectory() as folder:
        listed, model = f"{folder}/list.txt", f"{folder}/model.fovea"
        pathlib.Path(listed).write_text("\n".join(files * args.repeat) + "\n")
        subprocess.run([args.fovea, "import", "--darknet", args.cfg, args.weights, "--out", model, "--quiet"], check=True)
        rates = {"fovea": [], "opencv": []}
        boxes = {}
        for round_ in range(args.rounds):
            for name in sorted(rates, reverse=round_ % 2 == 1):
                if name == "fovea":
                    rate, boxes[name] = run_fovea(args.fovea, model, listed, f"{folder}/out", args.threads, args.batch, args.workers)
                else:
                    rate, boxes[name] = run_opencv(args.opencv, args.cfg, args.weights, listed, f"{folder}/opencv.jsonl")
                rates[name].append(rate)
    ratios = [a / b for a, b in zip(rates["fovea"], rates["opencv"])]
    print(f"{len(files) * args.repeat} images, {args.rounds} rounds; boxes: fovea {boxes['fovea']}, OpenCV {boxes['opencv']}")
    for name, values in rates.items():
        print(f"{name:<8} {statistics.median(values):8.1f} images/s  ({min(values):.1f} to {max(values):.1f})")
    print(f"ratio    {statistics.median(ratios):8.2f}           ({min(ratios):.2f} to {max(ratios):.2f})")


if __name__ == "__main__":
    main()
