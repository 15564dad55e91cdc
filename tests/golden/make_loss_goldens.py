#!/usr/bin/env python3
"""Writes losses.json in this folder with PyTorch and torchvision, implementations that share nothing with this one.

Run by hand where they are installed (Debian: python3-torch, python3-torchvision); the tests only read the JSON file. Everything is f64, and
numbers are written so that they read back to the same bits. Element i (row-major) of an input is size * sin(0.7 i + phase) with the phases
of PHASES; target values in [0, 1] are (1 + sin(0.7 i + phase)) / 2, signs are those of the sine. Expected gradients belong to the output
gradient sin(0.7 i + 0.4).

  losses.json  loss, its options, reduction, x (shape), size -> result (flat), dx, and where the loss gives them dtarget (or for triplets
               dpositive, dnegative). Class targets of rows are (3 r + 1) % classes, with every fourth row ignored where "ignore" is set;
               class c weighs 0.5 + 0.25 c where "weighted" is set.
"""
import json
import math
import pathlib

import torch
import torch.nn.functional as functional
import torchvision

PHASES = {"x": 0.1, "target": 0.2, "other": 0.3, "dy": 0.4}
IGNORED = -100
FOLDER = pathlib.Path(__file__).parent
torch.set_default_dtype(torch.float64)


def wave(shape, name, size=1.0):
    return torch.tensor([size * math.sin(0.7 * i + PHASES[name]) for i in range(math.prod(shape))]).reshape(shape)


def probabilities(shape):
    return (1 + wave(shape, "target")) / 2


def flat(t):
    return t.detach().reshape(-1).tolist()


def case(loss, f, shape, inputs=("x",), reduction="mean", size=2.0, **options):
    """f gets the inputs that have gradients: x, then what else is named."""
    values = [wave(shape, {"x": "x", "target": "target", "positive": "target", "negative": "other"}[name], size).requires_grad_()
              for name in inputs]
    result = f(*values)
    result.backward(wave(result.shape, "dy"))
    gradients = {"d" + name: flat(value.grad) for name, value in zip(inputs, values)}
    return {"loss": loss, "reduction": reduction, "x": shape, "size": size, **options, "result": flat(result), **gradients}


def class_targets(shape, ignore):
    rows = math.prod(shape[:-1])
    return torch.tensor([IGNORED if ignore and r % 4 == 0 else (3 * r + 1) % shape[-1] for r in range(rows)])


def weights(shape, weighted):
    return torch.tensor([0.5 + 0.25 * c for c in range(shape[-1])]) if weighted else None


def main():
    cases = []
    both = ("x", "target")
    for shape in ([7], [2, 3, 5]):
        for reduction in ("mean", "sum", "none"):
            r = {"reduction": reduction}
            cases.append(case("mse", lambda x, t: functional.mse_loss(x, t, **r), shape, both, **r))
            cases.append(case("l1", lambda x, t: functional.l1_loss(x, t, **r), shape, both, **r))
            cases.append(case("huber", lambda x, t: functional.huber_loss(x, t, delta=0.7, **r), shape, both, delta=0.7, **r))
            cases.append(case("smooth_l1", lambda x, t: functional.smooth_l1_loss(x, t, beta=0.4, **r), shape, both, beta=0.4, **r))
            cases.append(case("logistic", lambda x: functional.soft_margin_loss(x, wave(shape, "target").sign(), **r), shape, size=5.0, **r))
            positive = weights(shape, True)
            cases.append(case("binary_cross_entropy", lambda x: functional.binary_cross_entropy_with_logits(
                x, probabilities(shape), pos_weight=positive, **r), shape, size=8.0, weighted=True, **r))
            cases.append(case("binary_cross_entropy", lambda x: functional.binary_cross_entropy_with_logits(x, probabilities(shape), **r),
                              shape, size=40.0, weighted=False, **r))
            for alpha, gamma in ((0.25, 2.0), (-1.0, 1.0), (0.6, 0.5)):
                cases.append(case("sigmoid_focal", lambda x: torchvision.ops.sigmoid_focal_loss(x, probabilities(shape), alpha, gamma, reduction),
                                  shape, size=4.0, alpha=alpha, gamma=gamma, **r))
    for shape in ([6, 5], [2, 2, 3, 4]):
        cases.append(case("log_softmax", lambda x: functional.log_softmax(x, -1), shape, reduction="none", size=20.0))
        for reduction in ("mean", "sum", "none"):
            r = {"reduction": reduction}
            for weighted, ignore in ((False, False), (True, True)):
                options = {"weighted": weighted, "ignore": ignore, **r}
                cases.append(case("nll", lambda x: functional.nll_loss(x.reshape(-1, shape[-1]), class_targets(shape, ignore),
                                                                       weights(shape, weighted), **r), shape, **options))
            for weighted, smoothing in ((False, 0.0), (True, 0.2)):
                cases.append(case("soft_cross_entropy", lambda x: functional.cross_entropy(
                    x.reshape(-1, shape[-1]), probabilities(shape).reshape(-1, shape[-1]), weights(shape, weighted),
                    label_smoothing=smoothing, **r), shape, weighted=weighted, label_smoothing=smoothing, **r))
            for power, margin in ((1, 1.0), (2, 0.5)):  # torch divides by the number of classes
                cases.append(case("multiclass_hinge", lambda x: shape[-1] * functional.multi_margin_loss(
                    x.reshape(-1, shape[-1]), class_targets(shape, False), power, margin, **r), shape, squared=power == 2, margin=margin, **r))
            cases.append(case("kl_divergence", lambda x: functional.kl_div(x, probabilities(shape), **r), shape, log_target=False, **r))
            cases.append(case("kl_divergence", lambda x: functional.kl_div(x, wave(shape, "target"), log_target=True, **r), shape,
                              log_target=True, **r))
        cases.append(case("kl_divergence", lambda x: functional.kl_div(x, probabilities(shape), reduction="batchmean"), shape,
                          reduction="batch_mean", log_target=False))
    for reduction in ("mean", "sum", "none"):
        cases.append(case("triplet", lambda a, p, n: functional.triplet_margin_loss(a, p, n, margin=0.5, reduction=reduction), [9, 3],
                          ("x", "positive", "negative"), reduction=reduction, margin=0.5))
    body = ",\n".join(json.dumps(c) for c in cases)
    made_with = f"make_loss_goldens.py, torch {torch.__version__}, torchvision {torchvision.__version__}"
    (FOLDER / "losses.json").write_text(f'{{"made_with": {json.dumps(made_with)}, "cases": [\n{body}\n]}}\n')


if __name__ == "__main__":
    main()
