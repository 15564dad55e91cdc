#!/usr/bin/python3
"""From JPEGs to a network's input: fovea beside programs on OpenCV and torchvision's DataLoader, in turn in one sitting.

    benchmarks/compare/input.py [--threads N] [--rounds N] [--images FOLDER] [--save FILE.jsonl]

Without --images it makes JPEGs of about 500x375 and of about 2000x1500 pixels, always the same: parts of scikit-learn's two photographs, enlarged,
mirrored, recoloured, with grain, quality 90. Two cases: the centre of each picture, and a random resized crop, the same for everybody; both end in
224x224 normalised floats. OpenCV decodes with imdecode and resizes bilinearly, by library calls or with one loop behind the resize. fovea
averages where it shrinks, decodes all of the picture or only the part, at full size or reduced.

Tables have images a second and ratios to "OpenCV, one loop": medians over the rounds, and the range. Those of processor time hold on a machine that
is busy with other things; the others do not. torchvision (PIL, --torch) runs by itself in between, with as many workers as threads.

Needs Debian's python3-numpy, python3-opencv, python3-sklearn for the pictures, python3-torchvision for --torch, and compare_input, which
FOVEA_BUILD_COMPARE=ON builds.
"""
import argparse
import json
import pathlib
import statistics
import subprocess
import sys
import tempfile

BASE = "OpenCV, one loop"
TORCH = """
import sys, time, torch, torchvision
from torchvision import transforms as t
folder, workers, random = sys.argv[1], int(sys.argv[2]), sys.argv[3] == "random"
torch.set_num_threads(1)
part = [t.RandomResizedCrop(224)] if random else [t.Resize(256), t.CenterCrop(224)]
changes = t.Compose(part + [t.RandomHorizontalFlip(), t.ToTensor(), t.Normalize((.485, .456, .406), (.229, .224, .225))])
data = torchvision.datasets.ImageFolder(folder, changes)
loader = torch.utils.data.DataLoader(data, 32, num_workers=workers, persistent_workers=True)
for _ in range(2):  # the first pass starts the workers
    start = time.perf_counter()
    count = sum(len(images) for images, _ in loader)
print(count / (time.perf_counter() - start))
"""


def make_pictures(folder, count, width, height):
    """JPEGs in folder/class0 and folder/class1, within a tenth of this size."""
    import cv2
    import numpy as np
    import sklearn.datasets
    photographs = [cv2.cvtColor(sklearn.datasets.load_sample_image(name), cv2.COLOR_RGB2BGR) for name in ("china.jpg", "flower.jpg")]
    random = np.random.default_rng(0)
    for number in range(count):
        size = tuple(int(random.integers(side * 11 // 12, side * 13 // 12 + 1)) for side in (width, height))
        photograph, share = photographs[number % 2], random.uniform(0.5, 0.9)
        w, h = int(640 * share), int(427 * share)
        x, y = int(random.integers(0, 640 - w + 1)), int(random.integers(0, 427 - h + 1))
        picture = cv2.resize(photograph[y:y + h, x:x + w], size, interpolation=cv2.INTER_CUBIC).astype(np.float32)
        if random.random() < 0.5:
            picture = picture[:, ::-1]
        picture = picture * random.uniform(0.8, 1.2, 3) + random.normal(0, 4, picture.shape)
        file = folder / f"class{number % 2}" / f"{number:04d}.jpg"
        file.parent.mkdir(parents=True, exist_ok=True)
        cv2.imwrite(str(file), np.clip(picture, 0, 255).astype(np.uint8), [cv2.IMWRITE_JPEG_QUALITY, 90])


def measure(arguments, folder, case):
    """Rounds of {contender: [images a second, images a second of a processor]}."""
    files = sorted(map(str, folder.rglob("*.jpg")))
    command = [arguments.program, case, str(arguments.threads), str(arguments.rounds), *files]
    rounds = [json.loads(line) for line in subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines()]
    if arguments.torch:
        for line in rounds[:3]:
            result = subprocess.run(["/usr/bin/python3", "-c", TORCH, folder, str(arguments.threads), case], check=True, capture_output=True, text=True)
            line["torchvision"] = [float(result.stdout), None]
    return rounds


def print_table(title, rounds):
    print(f"\n{title}\n| | images/s | ratio | of a processor | ratio |\n|---|---|---|---|---|")
    for name in rounds[0]:
        cells = []
        for kind in (0, 1):
            pairs = [(line[name][kind], line[BASE][kind]) for line in rounds if name in line and line[name][kind] is not None]
            if not pairs:
                cells += ["", ""]
                continue
            ratios = sorted(ours / base for ours, base in pairs)
            cells += [f"{statistics.median(ours for ours, _ in pairs):.0f}", f"{statistics.median(ratios):.2f} ({ratios[0]:.2f} to {ratios[-1]:.2f})"]
        print(f"| {name} | " + " | ".join(cells) + " |")


def print_differences(program, folder):
    command = [program, "differences", *sorted(map(str, folder.rglob("*.jpg")))]
    differences = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    if count := differences.pop("pictures"):
        print(f"\nMean difference to \"fovea, part\" in the {count} pictures that are reduced, in levels of 0 to 255: "
              + ", ".join(f"{name} {value:.2f}" for name, value in differences.items()))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--images", type=pathlib.Path, help="JPEGs (for --torch in class folders) instead of those made here")
    parser.add_argument("--torch", action="store_true", help="torchvision too; its processes' processor time is not measured")
    parser.add_argument("--program", default="build/release/benchmarks/compare/compare_input")
    parser.add_argument("--save", type=pathlib.Path, help="every round, as JSON lines")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as made:
        folders = {"given": arguments.images}
        if not arguments.images:
            folders = {"500x375": pathlib.Path(made) / "small", "2000x1500": pathlib.Path(made) / "large"}
            make_pictures(folders["500x375"], 120, 500, 375)
            make_pictures(folders["2000x1500"], 16, 2000, 1500)
        for name, folder in folders.items():
            for case in ("centre", "random"):
                print(f"{name}, {case}", file=sys.stderr)
                rounds = measure(arguments, folder, case)
                print_table(f"{name}, {case}, {arguments.threads} threads, {len(rounds)} rounds", rounds)
                if case == "random":
                    print_differences(arguments.program, folder)
                if arguments.save:
                    with open(arguments.save, "a") as out:
                        out.writelines(json.dumps({"pictures": name, "case": case, **line}) + "\n" for line in rounds)


if __name__ == "__main__":
    main()
