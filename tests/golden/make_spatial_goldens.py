#!/usr/bin/env python3
"""Writes resize2d.json and rearrange.json with PyTorch, in the manner and with the formulas of make_torch_goldens.py, beside which it is run.

  resize2d.json   mode "nearest" | "nearest-exact" | "bilinear" | "bicubic", align_corners, output [h,w] or factor [h,w]; x [N,H,W,C]
                  -> y_shape, y, dx
  rearrange.json  kind "pad": x, padding [top,bottom,left,right], mode, value
                  kind "pixel_shuffle" | "pixel_unshuffle": x, factor
                  kind "channel_shuffle": x, groups
                  kind "max_unpool": x (what is pooled by 2x2 windows, and whose maxima are put back at twice the size)
                  kind "spatial_softmax": x
                  -> y_shape, y, dx
"""
import json

import torch

from make_torch_goldens import FOLDER, channels_first, channels_last, flat, wave

F = torch.nn.functional


def case(name, x, f, **settings):
    images = wave(x, "x").requires_grad_()
    y = channels_last(f(channels_first(images)))
    y.backward(wave(y.shape, "dy"))
    return {"name": name, "x": x, **settings, "y_shape": list(y.shape), "y": flat(y), "dx": flat(images.grad)}


def resize_cases():
    cases = []
    for mode in ("nearest", "nearest-exact", "bilinear", "bicubic"):
        for corners in ((False, True) if mode.startswith("bi") else (None,)):
            for x, output in (([2, 3, 4, 2], (6, 8)), ([1, 5, 7, 3], (8, 9)), ([1, 8, 9, 2], (3, 5)), ([1, 4, 3, 1], (1, 7)), ([1, 1, 2, 2], (3, 4))):
                cases.append(case(f"{mode} {'corners ' if corners else ''}{x} to {output}", x,
                                  lambda t: F.interpolate(t, output, mode=mode, align_corners=corners), mode=mode, align_corners=bool(corners),
                                  output=output))
            factor = (1.5, 0.6)
            cases.append(case(f"{mode} {'corners ' if corners else ''}by factors", [1, 5, 7, 2],
                              lambda t: F.interpolate(t, scale_factor=factor, mode=mode, align_corners=corners), mode=mode,
                              align_corners=bool(corners), factor=factor))
    return cases


def pad_case(name, x, padding, mode, value=0.0):
    top, bottom, left, right = padding
    options = {"value": value} if mode == "constant" else {}
    return case(name, x, lambda t: F.pad(t, (left, right, top, bottom), mode, **options), kind="pad", padding=padding, mode=mode, value=value)


def unpool(t):
    pooled, indices = F.max_pool2d(t, 2, return_indices=True)
    return F.max_unpool2d(pooled, indices, 2)


def shuffle(t):
    y = t.reshape(t.shape[0], 3, -1, *t.shape[2:]).transpose(1, 2).reshape(t.shape)
    assert torch.equal(y, F.channel_shuffle(t.detach(), 3))  # which has no derivative in torch 1.13
    return y


def softmax(t):
    return t.flatten(2).softmax(2).reshape(t.shape)


def rearrange_cases():
    return [
        pad_case("zeros", [2, 3, 4, 2], (1, 2, 0, 3), "constant"),
        pad_case("a number", [1, 3, 4, 2], (1, 2, 3, 0), "constant", 1.5),
        pad_case("cut on two sides", [1, 5, 6, 2], (-1, 2, 1, -3), "constant", -2.0),
        pad_case("reflect", [1, 4, 5, 2], (3, 1, 2, 4), "reflect"),
        pad_case("replicate", [1, 3, 4, 2], (4, 1, 0, 6), "replicate"),
        pad_case("circular", [1, 3, 4, 2], (3, 1, 2, 4), "circular"),
        case("pixel shuffle", [2, 2, 3, 12], lambda t: F.pixel_shuffle(t, 2), kind="pixel_shuffle", factor=2),
        case("pixel shuffle by three", [1, 2, 2, 9], lambda t: F.pixel_shuffle(t, 3), kind="pixel_shuffle", factor=3),
        case("pixel unshuffle", [2, 4, 6, 3], lambda t: F.pixel_unshuffle(t, 2), kind="pixel_unshuffle", factor=2),
        case("channel shuffle", [2, 2, 3, 12], shuffle, kind="channel_shuffle", groups=3),
        case("maxima put back", [2, 4, 6, 3], unpool, kind="max_unpool"),
        case("softmax over the pixels", [2, 3, 4, 2], softmax, kind="spatial_softmax"),
    ]


def main():
    for name, cases in (("resize2d.json", resize_cases()), ("rearrange.json", rearrange_cases())):
        body = ",\n".join(json.dumps(entry) for entry in cases)
        made_with = f"make_spatial_goldens.py, torch {torch.__version__}"
        (FOLDER / name).write_text(f'{{"made_with": {json.dumps(made_with)}, "cases": [\n{body}\n]}}\n')


if __name__ == "__main__":
    main()
