#!/usr/bin/env python3
"""Writes boxes.json in this folder with torchvision, an implementation that shares nothing with this one.

Run by hand where it is installed (Debian: python3-torchvision); the tests only read the JSON file. Boxes are x1 y1 x2 y2, flat, multiples of
1/64; numbers are written so that they read back to the same bits.

  losses   loss, a, b -> the loss of each pair, and the gradients da, db of their sum (f64). torchvision takes ciou's weight of the aspects
           as a constant, so only the values of that loss are here.
  nms      boxes, scores, classes; runs: threshold -> the places that are kept, best first, of all boxes and class by class (f32). No two
           scores are equal.
"""
import json
import pathlib

import torch
import torchvision

FOLDER = pathlib.Path(__file__).parent


def boxes(count, seed, extent, smallest, largest):
    generator = torch.Generator().manual_seed(seed)
    corner = torch.rand(count, 2, generator=generator) * extent
    size = torch.rand(count, 2, generator=generator) * (largest - smallest) + smallest
    return (torch.cat([corner, corner + size], dim=1) * 64).round() / 64


def flat(tensor):
    return tensor.detach().reshape(-1).tolist()


def loss_case(name, f, has_gradients=True):
    a, b = (boxes(40, seed, 60, 5, 70).double().requires_grad_() for seed in (1, 2))
    losses = f(a, b)
    losses.sum().backward()
    gradients = {"da": flat(a.grad), "db": flat(b.grad)} if has_gradients else {}
    return {"loss": name, "a": flat(a), "b": flat(b), "result": flat(losses), **gradients}


def nms_case(seed, count, extent, smallest, largest):
    b = boxes(count, seed, extent, smallest, largest)
    generator = torch.Generator().manual_seed(seed + 1000)
    scores = (torch.randperm(count, generator=generator).float() + 1) / 1024
    labels = torch.randint(0, 4, (count,), generator=generator)
    runs = []
    for threshold in (0.0, 0.1, 0.45, 0.5, 0.7, 0.9, 1.0):
        # As torchvision's batched_nms for many boxes: class by class, without moving the boxes.
        by_class = torch.cat([index[torchvision.ops.nms(b[index], scores[index], threshold)]
                              for index in (torch.where(labels == c)[0] for c in range(4))])
        runs.append({"threshold": threshold, "kept": torchvision.ops.nms(b, scores, threshold).tolist(),
                     "kept_by_class": by_class[scores[by_class].sort(descending=True)[1]].tolist()})
    return {"boxes": flat(b), "scores": flat(scores), "classes": labels.tolist(), "runs": runs}


def main():
    ops = torchvision.ops
    losses = [
        loss_case("iou", lambda a, b: 1 - ops.box_iou(a, b).diagonal()),
        loss_case("giou", lambda a, b: ops.generalized_box_iou_loss(a, b, eps=0)),
        loss_case("diou", lambda a, b: ops.distance_box_iou_loss(a, b, eps=0)),
        loss_case("ciou", lambda a, b: 1 - ops.complete_box_iou(a, b, eps=0).diagonal(), has_gradients=False),
    ]
    nms = [nms_case(*c) for c in ((1, 1, 10, 5, 6), (2, 60, 40, 5, 30), (3, 200, 150, 1, 120), (4, 200, 5000, 1, 3000))]
    body = ",\n".join(json.dumps(c) for c in losses)
    more = ",\n".join(json.dumps(c) for c in nms)
    made_with = f"make_box_goldens.py, torch {torch.__version__}, torchvision {torchvision.__version__}"
    (FOLDER / "boxes.json").write_text(f'{{"made_with": {json.dumps(made_with)},\n"losses": [\n{body}\n],\n"nms": [\n{more}\n]}}\n')


if __name__ == "__main__":
    main()
