#!/usr/bin/env python3
"""Writes sklearn_goldens.json: small classification problems and what scikit-learn (Debian: python3-sklearn) says of them.

The calibration error, which scikit-learn lacks, is computed here with exact fractions from its definition.
"""
import json
import pathlib
from fractions import Fraction
from math import ceil

import numpy as np
import sklearn
from sklearn import metrics

BINS = 15


def calibration_error(labels, probabilities):
    bins = [[] for _ in range(BINS)]
    for label, row in zip(labels, probabilities):
        confidence = Fraction(float(row.max()))
        bins[min(ceil(confidence * BINS), BINS) - 1].append((int(row.argmax()) == label, confidence))
    gaps = (abs(sum(right for right, _ in b) - sum(confidence for _, confidence in b)) for b in bins if b)
    return float(sum(gaps) / len(labels))


def problem(name, seed, classes, samples, absent=()):
    """Random scores that favour the label; classes in `absent` never occur, in the last problem one is never predicted either."""
    random = np.random.default_rng(seed)
    labels = random.choice([c for c in range(classes) if c not in absent], size=samples)
    scores = random.normal(size=(samples, classes))
    scores[np.arange(samples), labels] += 1.2
    scores[:, list(absent)] -= 20
    probabilities = np.exp(scores) / np.exp(scores).sum(axis=1, keepdims=True)
    # Multiples of 2^-20 that sum to 1 exactly: they pass through text and float32 unchanged.
    probabilities = np.maximum(np.round(probabilities * 2**20), 1)
    probabilities[np.arange(samples), probabilities.argmax(axis=1)] += 2**20 - probabilities.sum(axis=1)
    numerators = probabilities.astype(int).tolist()
    probabilities /= 2**20
    predicted = probabilities.argmax(axis=1)
    every = list(range(classes))
    precision, recall, f1, support = metrics.precision_recall_fscore_support(labels, predicted, labels=every, zero_division=0)
    macro = metrics.precision_recall_fscore_support(labels, predicted, labels=every, zero_division=0, average="macro")
    if classes == 2:
        top5 = 1.0
    else:
        top5 = metrics.top_k_accuracy_score(labels, probabilities, k=min(5, classes), labels=every)
    return {
        "name": name,
        "numerators": numerators,
        "labels": labels.tolist(),
        "top1": metrics.accuracy_score(labels, predicted),
        "top5": top5,
        "confusion": metrics.confusion_matrix(labels, predicted, labels=every).tolist(),
        "precision": precision.tolist(),
        "recall": recall.tolist(),
        "f1": f1.tolist(),
        "support": support.tolist(),
        "macro": list(macro[:3]),
        "mean_nll": metrics.log_loss(labels, probabilities, labels=every),
        "ece": calibration_error(labels, probabilities),
    }


problems = [
    problem("binary", 1, 2, 40),
    problem("ten_classes", 2, 10, 80),
    problem("absent_classes", 3, 7, 50, absent=(2, 6)),
]
goldens = {"scikit_learn": sklearn.__version__, "denominator": 2**20, "problems": problems}
(pathlib.Path(__file__).parent / "sklearn_goldens.json").write_text(json.dumps(goldens, separators=(",", ":")).replace("],", "],\n") + "\n")
