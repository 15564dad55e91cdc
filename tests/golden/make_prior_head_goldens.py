#!/usr/bin/env python3
"""Writes prior_heads.json in this folder with torchvision, an implementation that shares nothing with this one.

Run by hand where it is installed (Debian: python3-torchvision); the tests only read the JSON file. Boxes are x1 y1 x2 y2, flat, in pixels;
f64 unless said otherwise; numbers are written so that they read back to the same bits.

  default_boxes  of SSD300 as this library has it (sides, ratios, steps): widths and heights of each map's, and how many there are in all
  heads          retinanet and ssd: for each map its side in cells, stride and anchors' sizes; for each image boxes and labels; the
                 predictions of each map [N, H, W, anchors * 4 then anchors * scores]; torchvision's matches of every prior to the objects
                 (-1: background, -2: neither); its loss terms and their gradients with respect to the predictions; the boxes that the
                 predictions mean. torchvision's anchors of RetinaNet stand at the cells' corners, so the priors are made here.
"""
import json
import pathlib
import types

import torch
from torchvision.models.detection import _utils as det_utils
from torchvision.models.detection.anchor_utils import DefaultBoxGenerator
from torchvision.models.detection.retinanet import RetinaNetClassificationHead, RetinaNetRegressionHead
from torchvision.models.detection.ssd import SSD
from torchvision.ops import box_iou
import torchvision

FOLDER = pathlib.Path(__file__).parent
WIDTH, HEIGHT = 64, 48
MAPS = [{"stride": 8, "anchors": [[12.0, 12.0], [20.0, 11.0], [11.0, 24.0]]},
        {"stride": 16, "anchors": [[30.0, 30.0], [44.0, 24.0], [26.0, 40.0]]}]
IMAGES = [{"boxes": [[3, 4, 16, 15], [30, 10, 62, 41], [31, 11, 60, 44], [50.5, 2.25, 63, 8]], "labels": [2, 0, 1, 1]},
          {"boxes": [[8, 9, 51, 36]], "labels": [1]},
          {"boxes": [], "labels": []}]


def flat(tensor):
    return tensor.detach().reshape(-1).tolist()


def priors():
    boxes = []
    for m in MAPS:
        s = m["stride"]
        for row in range(HEIGHT // s):
            for column in range(WIDTH // s):
                for w, h in m["anchors"]:
                    x, y = (column + 0.5) * s, (row + 0.5) * s
                    boxes.append([x - w / 2, y - h / 2, x + w / 2, y + h / 2])
    return torch.tensor(boxes, dtype=torch.float64)


def predictions(images, scores, seed):
    generator = torch.Generator().manual_seed(seed)
    return [torch.randn(images, HEIGHT // m["stride"], WIDTH // m["stride"], len(m["anchors"]) * (4 + scores), generator=generator,
                        dtype=torch.float64).requires_grad_() for m in MAPS]


def rows(maps, scores):
    images = maps[0].shape[0]
    deltas = [t[..., :4 * len(m["anchors"])].reshape(images, -1, 4) for t, m in zip(maps, MAPS)]
    logits = [t[..., 4 * len(m["anchors"]):].reshape(images, -1, scores) for t, m in zip(maps, MAPS)]
    return torch.cat(deltas, 1), torch.cat(logits, 1)


def case(name, images, scores, first_label, matcher, losses, coder):
    maps = predictions(len(images), scores, len(images))
    deltas, logits = rows(maps, scores)
    anchors = priors()
    targets, matches = [], []
    for image in images:
        boxes = torch.tensor(image["boxes"], dtype=torch.float64).reshape(-1, 4)
        targets.append({"boxes": boxes, "labels": torch.tensor(image["labels"], dtype=torch.int64) + first_label})
        matches.append(matcher(box_iou(boxes, anchors)) if len(boxes) else torch.full((len(anchors),), -1, dtype=torch.int64))
    terms = losses(targets, {"bbox_regression": deltas, "cls_logits": logits}, [anchors] * len(images), matches)
    result = {"head": name, "width": WIDTH, "height": HEIGHT, "maps": MAPS, "scores": scores, "images": images,
              "predictions": [flat(t) for t in maps], "matches": [m.tolist() for m in matches],
              "decoded": flat(torch.stack([coder.decode_single(d, anchors) for d in deltas])), "losses": {}}
    for term, value in terms.items():
        gradients = torch.autograd.grad(value, maps, retain_graph=True)
        result["losses"][term] = {"value": value.item(), "gradients": [flat(g) for g in gradients]}
    return result


def retinanet(images, smooth):
    coder = det_utils.BoxCoder(weights=(1.0, 1.0, 1.0, 1.0))
    anchors = len(MAPS[0]["anchors"])
    classes = RetinaNetClassificationHead(8, anchors, 3)
    boxes = RetinaNetRegressionHead(8, anchors)
    boxes._loss_type = "smooth_l1" if smooth else "l1"

    def losses(targets, outputs, priors, matches):
        return {"box": boxes.compute_loss(targets, outputs, priors, matches), "class": classes.compute_loss(targets, outputs, matches)}
    result = case("retinanet", images, 3, 0, det_utils.Matcher(0.5, 0.4, allow_low_quality_matches=True), losses, coder)
    return {**result, "beta": 1 if smooth else 0}


def ssd(images):
    coder = det_utils.BoxCoder(weights=(10.0, 10.0, 5.0, 5.0))
    fields = types.SimpleNamespace(box_coder=coder, neg_to_pos_ratio=3)

    def losses(targets, outputs, priors, matches):
        terms = SSD.compute_loss(fields, targets, outputs, priors, matches)
        return {"box": terms["bbox_regression"], "class": terms["classification"]}
    return case("ssd", images, 4, 1, det_utils.SSDMatcher(0.5), losses, coder)


def default_boxes():
    sides = [0.1, 0.2, 0.375, 0.55, 0.725, 0.9, 1.075]
    ratios = [[2], [2, 3], [2, 3], [2, 3], [2], [2]]
    generator = DefaultBoxGenerator(ratios, scales=sides, steps=[8, 16, 32, 64, 100, 300], clip=False)
    grids = [[38, 38], [19, 19], [10, 10], [5, 5], [3, 3], [1, 1]]
    boxes = generator._grid_default_boxes(grids, [300, 300]) * 300
    return {"image": 300, "sides": sides, "ratios": ratios, "count": len(boxes),
            "sizes": [flat(pairs * 300) for pairs in generator._wh_pairs], "last": flat(boxes[-4:])}


def main():
    heads = [retinanet(IMAGES[:1], False), retinanet(IMAGES[1:2], True), retinanet(IMAGES[2:], False), ssd(IMAGES), ssd(IMAGES[2:])]
    made_with = f"make_prior_head_goldens.py, torch {torch.__version__}, torchvision {torchvision.__version__}"
    body = ",\n".join(json.dumps(c) for c in heads)
    (FOLDER / "prior_heads.json").write_text(
        f'{{"made_with": {json.dumps(made_with)},\n"default_boxes": {json.dumps(default_boxes())},\n"heads": [\n{body}\n]}}\n')


if __name__ == "__main__":
    main()
