#!/usr/bin/env python3
"""Writes classification_curves.json: what scikit-learn (Debian: python3-sklearn) says of the curves of small problems, and the temperature
that scipy's scalar minimiser finds. The problems are those of tests/evaluation/sklearn_goldens.json.
"""
import json
import pathlib

import numpy as np
import sklearn
from scipy.optimize import minimize_scalar
from sklearn import metrics

here = pathlib.Path(__file__).parent
source = json.loads((here.parent / "evaluation" / "sklearn_goldens.json").read_text())


def temperature(labels, probabilities):
    logits = np.log(probabilities)

    def nll(inverse):
        z = inverse * logits
        return np.mean(np.log(np.exp(z - z.max(axis=1, keepdims=True)).sum(axis=1)) + z.max(axis=1) - z[np.arange(len(labels)), labels])

    return 1 / minimize_scalar(nll, bounds=(0.01, 100), method="bounded", options={"xatol": 1e-12}).x


def problem(given):
    probabilities = np.array(given["numerators"]) / source["denominator"]
    labels = np.array(given["labels"])
    classes = probabilities.shape[1]
    signs = np.eye(classes, dtype=int)[labels]
    present = [c for c in range(classes) if 0 < signs[:, c].sum() < len(labels)]
    auc = {c: metrics.roc_auc_score(signs[:, c], probabilities[:, c]) for c in present}
    average = {c: metrics.average_precision_score(signs[:, c], probabilities[:, c]) for c in present}
    rates, recalls, _ = metrics.roc_curve(signs[:, 0], probabilities[:, 0], drop_intermediate=False)
    support = np.array([signs[:, c].sum() for c in present])
    predicted = probabilities.argmax(axis=1)
    return {
        "name": given["name"],
        "auc": [auc.get(c, -1) for c in range(classes)],
        "average_precision": [average.get(c, -1) for c in range(classes)],
        "roc_of_first": [rates[1:].tolist(), recalls[1:].tolist()],
        "micro": [metrics.roc_auc_score(signs.ravel(), probabilities.ravel()), metrics.average_precision_score(signs.ravel(), probabilities.ravel())],
        "macro": [np.mean(list(auc.values())), np.mean(list(average.values()))],
        "weighted": [np.average(list(auc.values()), weights=support), np.average(list(average.values()), weights=support)],
        "f2": metrics.fbeta_score(labels, predicted, beta=2, labels=range(classes), average=None, zero_division=0).tolist(),
        "f_half": metrics.fbeta_score(labels, predicted, beta=0.5, labels=range(classes), average=None, zero_division=0).tolist(),
        "top2": metrics.top_k_accuracy_score(labels, probabilities, k=2, labels=range(classes)) if classes > 2 else 1.0,
        "temperature": temperature(labels, probabilities),
    }


goldens = {"scikit_learn": sklearn.__version__, "problems": [problem(given) for given in source["problems"]]}
(here / "classification_curves.json").write_text(json.dumps(goldens, separators=(",", ":")).replace("],", "],\n") + "\n")
