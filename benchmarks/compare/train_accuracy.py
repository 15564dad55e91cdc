#!/usr/bin/env python3
"""Trains a recipe with fovea and with torch on the same split, seed by seed in turn, and prints what both reach.

    benchmarks/compare/train_accuracy.py --images FOLDER --fovea build/release/pipelines/cli/fovea --out DIR

FOLDER has a folder of pictures per class. Every tenth picture of a class, from the first, is held out. The two programs draw their own
weights, orders and augmentations: equal seeds make no equal runs, so means and deviations over seeds are compared. Needs Debian's python3-torch,
python3-numpy and python3-pil (run with the system's python3)."""
import argparse
import csv
import json
import os
import pathlib
import shutil
import statistics
import subprocess
import sys
import time

HERE = pathlib.Path(__file__).resolve().parent
RECIPE = HERE.parent.parent / "data" / "recipes" / "cifar5000_resnet_mini.json"


def split(images, out):
    """out/train and out/val, made anew."""
    shutil.rmtree(out, ignore_errors=True)
    for folder in sorted(path for path in images.iterdir() if path.is_dir()):
        for place, picture in enumerate(sorted(folder.iterdir())):
            target = out / ("val" if place % 10 == 0 else "train") / folder.name
            target.mkdir(parents=True, exist_ok=True)
            shutil.copy(picture, target)


def train_fovea(flags, data, seed, epochs):
    run = flags.out / f"fovea-{seed}"
    shutil.rmtree(run, ignore_errors=True)
    command = [flags.fovea, "train", "--task", "classify", "--data", f"folder:{data}", "--config", flags.recipe, "--image-size", "32", "--seed", str(seed),
               "--threads", str(flags.threads), "--out", str(run)]
    if epochs:
        command += ["--epochs", str(epochs)]
    start = time.time()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    seconds = time.time() - start
    with open(run / "results.csv") as file:
        last = list(csv.DictReader(file))[-1]
    averaged = last.get("ema_val_top1") or last["val_top1"]
    return {"val_top1": float(averaged), "seconds": seconds}


def train_torch(flags, data, seed, epochs):
    command = [flags.python, str(HERE / "torch_peer" / "train_recipe.py"), "--recipe", flags.recipe, "--data", str(data), "--seed", str(seed)]
    if epochs:
        command += ["--epochs", str(epochs)]
    environment = dict(os.environ, OMP_NUM_THREADS=str(flags.threads))
    return json.loads(subprocess.run(command, check=True, capture_output=True, text=True, env=environment).stdout)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--images", type=pathlib.Path, required=True)
    parser.add_argument("--fovea", default="build/release/pipelines/cli/fovea")
    parser.add_argument("--recipe", default=str(RECIPE))
    parser.add_argument("--out", type=pathlib.Path, required=True)
    parser.add_argument("--seeds", default="1,2,3")
    parser.add_argument("--epochs", type=int, help="instead of the recipe's, to see that it works")
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    parser.add_argument("--python", default="/usr/bin/python3", help="an interpreter that has torch")
    flags = parser.parse_args()
    data = flags.out / "split"
    split(flags.images, data)
    reached = {"fovea": [], "torch": []}
    for seed in (int(seed) for seed in flags.seeds.split(",")):
        for name, train in (("fovea", train_fovea), ("torch", train_torch)):
            result = train(flags, data, seed, flags.epochs)
            reached[name].append(result)
            print(json.dumps({"peer": name, "seed": seed, **result}), file=sys.stderr, flush=True)
    rows = {}
    for name, results in reached.items():
        accuracies = [result["val_top1"] for result in results]
        rows[name] = (statistics.mean(accuracies), statistics.stdev(accuracies) if len(accuracies) > 1 else 0.0,
                      statistics.median(result["seconds"] for result in results))
        print(f"{name:6} accuracy {rows[name][0]:.4f}, deviation {rows[name][1]:.4f} over {len(accuracies)} seeds, {rows[name][2]:.0f} s a run (median)")
    difference, deviation = rows["fovea"][0] - rows["torch"][0], rows["torch"][1]
    verdict = "not below" if difference >= -deviation else "below"
    print(f"fovea is {difference:+.4f} from torch, {verdict} it by more than torch's deviation; {rows['torch'][2] / rows['fovea'][2]:.2f} x as fast")


main()
