#!/usr/bin/env python3
"""Writes segmentation.json: small label maps and segments, and what scikit-learn and scipy (Debian: python3-sklearn, python3-scipy) say of them.

Semantic numbers come from scikit-learn over all pixels; boundary F1 from scipy's erosion and exact Euclidean distances; panoptic quality from
a transcription of its published definition (Kirillov et al., CVPR 2019, section 4) with void and crowds as the reference evaluator's
documentation describes them, pair of segments by pair, on sets of pixels.
"""
import json
import pathlib

import numpy as np
import sklearn
from scipy import ndimage
from sklearn import metrics

IGNORED = 255


def blobs(random, height, width, classes, count):
    labels = np.zeros((height, width), int)
    for _ in range(count):
        y, x = random.integers(height), random.integers(width)
        h, w = random.integers(3, 12, size=2)
        labels[y:y + h, x:x + w] = random.choice(classes)
    return labels


def perturbed(random, labels, classes, share):
    moved = np.roll(labels, random.integers(-2, 3, size=2), axis=(0, 1))
    noise = random.random(labels.shape) < share
    moved[noise] = random.choice(classes, size=noise.sum())
    return moved


def mean(values):
    present = [v for v in values if v is not None]
    return sum(present) / len(present) if present else 0.0


def semantic(truth, found, classes):
    """Of all pixels that count; found == classes where no class is predicted, which scikit-learn takes as one more class that is not asked for."""
    every = list(range(classes))
    per_class = lambda score, present: [float(v) if p else None
                                        for v, p in zip(score(truth, found, labels=every, average=None, zero_division=0), present)]
    true, either = np.isin(every, truth), np.isin(every, truth) | np.isin(every, found)
    iou, accuracy = per_class(metrics.jaccard_score, either), per_class(metrics.recall_score, true)
    dice = per_class(metrics.f1_score, either)
    return {
        "pixel_accuracy": float(metrics.accuracy_score(truth, found)),
        "mean_accuracy": mean(accuracy),
        "mIoU": mean(iou),
        "fwIoU": float(metrics.jaccard_score(truth, found, labels=every, average="weighted", zero_division=0)),
        "dice": mean(dice),
        "iou": iou, "accuracy": accuracy, "class_dice": dice,
    }


def boundary(mask):
    return mask & ~ndimage.binary_erosion(mask, ndimage.generate_binary_structure(2, 1), border_value=1)


def boundary_f1(pairs, classes, tolerance):
    per_class = []
    for c in range(classes):
        scores = []
        for truth, found in pairs:
            radius = tolerance * np.hypot(*truth.shape)
            near = lambda b: ndimage.distance_transform_edt(~b) <= radius if b.any() else np.zeros(b.shape, bool)
            wanted, everything = boundary(truth == c), boundary(found == c)
            judged = everything & (truth != IGNORED)
            if not wanted.any() and not judged.any():
                continue
            precision = (judged & near(wanted)).sum() / judged.sum() if judged.any() else 0.0
            recall = (wanted & near(everything)).sum() / wanted.sum() if wanted.any() else 0.0
            scores.append(2 * precision * recall / (precision + recall) if precision + recall else 0.0)
        per_class.append(float(np.mean(scores)) if scores else None)
    return {"tolerance": tolerance, "per_class": per_class, "mean": mean(per_class)}


def semantic_case(name, seed, classes, images, absent=(), unlabelled=False):
    random = np.random.default_rng(seed)
    present = [c for c in range(classes) if c not in absent]
    pairs = []
    for _ in range(images):
        height, width = random.integers(17, 34, size=2)
        truth = blobs(random, height, width, present, 9)
        found = perturbed(random, truth, present, 0.1)
        truth[5:8, 3:14] = IGNORED
        if unlabelled:
            found[:4, :6] = IGNORED
        pairs.append((truth, found))
    counted = [truth != IGNORED for truth, _ in pairs]
    true = np.concatenate([truth[c] for (truth, _), c in zip(pairs, counted)])
    predicted = np.concatenate([np.where(found == IGNORED, classes, found)[c] for (_, found), c in zip(pairs, counted)])
    confusion = metrics.confusion_matrix(true, predicted, labels=range(classes + 1))[:classes]
    return {
        "name": name, "classes": classes,
        "images": [{"width": t.shape[1], "height": t.shape[0], "truth": t.ravel().tolist(), "found": f.ravel().tolist()} for t, f in pairs],
        "confusion": confusion.tolist(), "metrics": semantic(true, predicted, classes),
        "boundaries": [boundary_f1(pairs, classes, tolerance) for tolerance in (0.0, 0.0075, 0.05, 0.1)],
    }


def segments_of(random, ids, categories, crowd_share=0.0):
    return [{"id": int(i), "category": int(random.integers(categories)), "crowd": bool(random.random() < crowd_share)}
            for i in np.unique(ids) if i != 0]


def panoptic_image(truth_ids, truth, found_ids, found, stats):
    """Adds one image to stats[category] = [tp, fp, fn, sum of IoU]."""
    pixels = lambda ids, i: set(np.flatnonzero(ids.ravel() == i).tolist())
    void = pixels(truth_ids, 0)
    areas = {s["id"]: pixels(truth_ids, s["id"]) for s in truth}
    others = {s["id"]: pixels(found_ids, s["id"]) for s in found}
    matched, matches = set(), {}
    for f in found:
        for t in truth:
            if t["crowd"] or t["category"] != f["category"]:
                continue
            both = areas[t["id"]] & others[f["id"]]
            iou = len(both) / len((areas[t["id"]] | others[f["id"]]) - (void & others[f["id"]]))
            if iou > 0.5:
                matches[(t["id"], f["id"])] = (t["category"], iou)
    for (t, f), (category, iou) in sorted(matches.items()):
        stats[category][0] += 1
        stats[category][3] += iou
        matched |= {("t", t), ("f", f)}
    for t in truth:
        if not t["crowd"] and ("t", t["id"]) not in matched:
            stats[t["category"]][2] += 1
    for f in found:
        if ("f", f["id"]) in matched:
            continue
        unknown = len(others[f["id"]] & void)
        crowds = [t for t in truth if t["crowd"] and t["category"] == f["category"]]
        if crowds:
            unknown += len(others[f["id"]] & areas[crowds[-1]["id"]])
        if not unknown / len(others[f["id"]]) > 0.5:
            stats[f["category"]][1] += 1


def panoptic_scores(stats):
    rows = [(tp, fp, fn, iou) for tp, fp, fn, iou in stats if tp + fp + fn]
    scores = [(iou / (tp + fp / 2 + fn / 2), iou / tp if tp else 0.0, tp / (tp + fp / 2 + fn / 2)) for tp, fp, fn, iou in rows]
    return {key: float(np.mean([s[i] for s in scores])) if scores else 0.0 for i, key in enumerate(("PQ", "SQ", "RQ"))} | {"classes": len(rows)}


def panoptic_case(name, seed, categories, images, crowd_share):
    random = np.random.default_rng(seed)
    things = [bool(c % 3) for c in range(categories)]
    stats = [[0, 0, 0, 0.0] for _ in range(categories)]
    entries = []
    for _ in range(images):
        height, width = random.integers(16, 28, size=2)
        truth_ids = blobs(random, height, width, random.integers(1, 1 << 24, size=7), 8)
        found_ids = perturbed(random, truth_ids, [0], 0.05)
        truth = segments_of(random, truth_ids, categories, crowd_share)
        by_id = {s["id"]: s["category"] for s in truth}
        found = [{"id": int(i), "category": by_id[int(i)] if random.random() < 0.8 else int(random.integers(categories)), "crowd": False}
                 for i in np.unique(found_ids) if i != 0]
        panoptic_image(truth_ids, truth, found_ids, found, stats)
        entries.append({"width": int(width), "height": int(height), "truth": truth_ids.ravel().tolist(), "found": found_ids.ravel().tolist(),
                        "truth_segments": truth, "found_segments": found})
    subset = lambda wanted: panoptic_scores([s for s, thing in zip(stats, things) if thing == wanted])
    return {"name": name, "things": things, "images": entries, "stats": stats, "all": panoptic_scores(stats),
            "only_things": subset(True), "only_stuff": subset(False)}


goldens = {
    "scikit_learn": sklearn.__version__,
    "semantic": [
        semantic_case("two classes", 1, 2, 2),
        semantic_case("absent class", 2, 5, 3, absent=(3,)),
        semantic_case("pixels without a class", 3, 4, 3, unlabelled=True),
        semantic_case("many classes", 4, 21, 3, absent=(0, 20), unlabelled=True),
    ],
    "panoptic": [
        panoptic_case("plain", 5, 3, 6, 0.0),
        panoptic_case("crowds", 6, 2, 8, 0.4),
        panoptic_case("many classes", 7, 12, 4, 0.2),
    ],
}
text = json.dumps(goldens, separators=(",", ":")).replace("],\"", "],\n\"").replace("},{", "},\n{")
(pathlib.Path(__file__).parent / "segmentation.json").write_text(text + "\n")
