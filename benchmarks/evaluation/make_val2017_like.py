#!/usr/bin/env python3
"""Writes a detection-evaluation load of COCO val2017's size: ground_truth.json and detections.json. Needs numpy (Debian: python3-numpy).

usage: make_val2017_like.py OUT_DIR [--images 5000 --objects 36000 --detections 500000 --categories 80 --seed 1]

With --masks N also ground_truth_segm.json and detections_segm.json: the same objects and the first N detections, as compressed run-length masks of
the ellipses in their boxes.
"""
import argparse
import json
import pathlib

import numpy as np

WIDTH, HEIGHT = 640, 480


def random_boxes(r, count):
    sides = np.clip(np.exp(r.normal(4.0, 1.0, (count, 2))), 3, [600, 460])
    corners = r.random((count, 2)) * ([WIDTH, HEIGHT] - sides)
    return np.concatenate([corners, sides], 1)


def rounded(box):
    return [round(float(v), 2) for v in box]


def make_boxes(a):
    """The order of the random draws is part of the load: the reference's numbers are for seed 1."""
    r = np.random.default_rng(a.seed)
    chosen = sorted(r.choice(np.arange(1, a.categories + 11), a.categories, replace=False))
    categories = [{"id": int(c), "name": f"class{c}"} for c in chosen]
    category_ids = np.array([c["id"] for c in categories])
    images = [{"id": int(i), "width": WIDTH, "height": HEIGHT, "file_name": f"{i:012d}.jpg"} for i in sorted(r.choice(580000, a.images, replace=False))]
    image_ids = np.array([i["id"] for i in images])

    boxes = random_boxes(r, a.objects)
    image = r.integers(0, a.images, a.objects)
    category = r.choice(category_ids, a.objects)
    crowd = r.random(a.objects) < 0.012
    annotations = [{"id": k + 1, "image_id": int(image_ids[image[k]]), "category_id": int(category[k]), "bbox": rounded(boxes[k]),
                    "area": round(float(boxes[k, 2] * boxes[k, 3] * r.uniform(.4, .9)), 4), "iscrowd": int(crowd[k])} for k in range(a.objects)]

    source = r.integers(0, a.objects, a.detections)
    near = r.random(a.detections) < 0.35  # of an object; the others lie anywhere
    found = random_boxes(r, a.detections)
    jitter = r.normal(0, .12, (a.detections, 4)) * np.concatenate([boxes[source, 2:], boxes[source, 2:]], 1)
    found[near] = np.clip(boxes[source][near] + jitter[near], 0.5, None)
    found_image = np.where(near, image[source], r.integers(0, a.images, a.detections))
    found_category = np.where(near & (r.random(a.detections) < .9), category[source], r.choice(category_ids, a.detections))
    score = np.round(np.where(near, r.beta(2, 2, a.detections), r.beta(1, 6, a.detections)), 3)
    detections = [{"image_id": int(image_ids[found_image[k]]), "category_id": int(found_category[k]), "bbox": rounded(found[k]),
                   "score": float(score[k])} for k in range(a.detections)]
    return {"info": {}, "images": images, "categories": categories, "annotations": annotations}, detections


def compressed(counts):
    """COCO's text form of run lengths: differences to the run before the last, five bits a character."""
    text = bytearray()
    for i, value in enumerate(counts):
        value -= counts[i - 2] if i > 2 else 0
        more = True
        while more:
            digit, value = value & 0x1f, value >> 5
            more = value != -1 if digit & 0x10 else value != 0
            text.append((digit | 0x20 if more else digit) + 48)
    return text.decode()


def ellipse(box):
    """The run lengths, column by column, of the ellipse in a box."""
    x, y, w, h = box
    columns = np.arange(max(0, int(x)), min(WIDTH, int(np.ceil(x + w))))
    half = h / 2 * np.sqrt(np.clip(1 - ((columns + .5 - x - w / 2) / (w / 2)) ** 2, 0, 1))
    top = np.clip(np.ceil(y + h / 2 - half - .5), 0, HEIGHT).astype(int) + columns * HEIGHT
    bottom = np.clip(np.floor(y + h / 2 + half - .5) + 1, 0, HEIGHT).astype(int) + columns * HEIGHT
    counts, end = [], 0
    for a, b in zip(top.tolist(), bottom.tolist()):
        if b <= a:
            continue
        if counts and a == end:
            counts[-1] += b - a
        else:
            counts += [a - end, b - a]
        end = b
    return {"size": [HEIGHT, WIDTH], "counts": compressed(counts + [WIDTH * HEIGHT - end])}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=pathlib.Path)
    for name, value in (("images", 5000), ("objects", 36000), ("detections", 500000), ("categories", 80), ("seed", 1), ("masks", 0)):
        parser.add_argument("--" + name, type=int, default=value)
    a = parser.parse_args()
    a.out.mkdir(parents=True, exist_ok=True)
    truth, detections = make_boxes(a)
    (a.out / "ground_truth.json").write_text(json.dumps(truth))
    (a.out / "detections.json").write_text(json.dumps(detections))
    if a.masks:
        for annotation in truth["annotations"]:
            annotation["segmentation"] = ellipse(annotation["bbox"])
        masks = [{k: d[k] for k in ("image_id", "category_id", "score")} | {"segmentation": ellipse(d["bbox"])} for d in detections[:a.masks]]
        (a.out / "ground_truth_segm.json").write_text(json.dumps(truth))
        (a.out / "detections_segm.json").write_text(json.dumps(masks))


if __name__ == "__main__":
    main()
