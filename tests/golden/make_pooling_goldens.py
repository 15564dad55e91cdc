#!/usr/bin/env python3
"""Writes pooling.json with PyTorch: the settings of pooling beyond those of pool2d.json. Manner and formulas of the inputs are those of
make_torch_goldens.py, beside which it is run.

  pooling.json  kind "max" | "average": x [N,H,W,C], window, stride, padding, dilation [h,w], ceil_mode; "average" also count_padding, divisor
                kind "adaptive_max" | "adaptive_average": x, output [p,q]
                kind "l2": x, window, stride, ceil_mode
                kind "fractional_max": x, window, output, samples [h,w], the same for all images and channels
                -> y_shape, y, dx; of the maxima also argmax, row * w + column in y's order
"""
import json

import torch

from make_torch_goldens import FOLDER, channels_first, channels_last, flat, wave

F = torch.nn.functional


def finish(case, images, y, argmax=None):
    last = channels_last(y)
    last.backward(wave(last.shape, "dy"))
    case |= {"y_shape": list(last.shape), "y": flat(last), "dx": flat(images.grad)}
    return case if argmax is None else case | {"argmax": flat(channels_last(argmax))}


def max_case(name, x, window, stride, padding=(0, 0), dilation=(1, 1), ceil_mode=False):
    images = wave(x, "x").requires_grad_()
    y, argmax = F.max_pool2d(channels_first(images), window, stride, padding, dilation, ceil_mode, return_indices=True)
    return finish({"name": name, "kind": "max", "x": x, "window": window, "stride": stride, "padding": padding, "dilation": dilation,
                   "ceil_mode": ceil_mode}, images, y, argmax)


def average_case(name, x, window, stride, padding=(0, 0), ceil_mode=False, count_padding=True, divisor=0):
    images = wave(x, "x").requires_grad_()
    y = F.avg_pool2d(channels_first(images), window, stride, padding, ceil_mode, count_padding, divisor or None)
    return finish({"name": name, "kind": "average", "x": x, "window": window, "stride": stride, "padding": padding, "dilation": (1, 1),
                   "ceil_mode": ceil_mode, "count_padding": count_padding, "divisor": divisor}, images, y)


def adaptive_case(name, kind, x, output):
    images = wave(x, "x").requires_grad_()
    case = {"name": name, "kind": f"adaptive_{kind}", "x": x, "output": output}
    if kind == "average":
        return finish(case, images, F.adaptive_avg_pool2d(channels_first(images), output))
    return finish(case, images, *F.adaptive_max_pool2d(channels_first(images), output, return_indices=True))


def l2_case(name, x, window, stride, ceil_mode=False):
    images = wave(x, "x").requires_grad_()
    # lp_pool2d takes sums as averages times the whole window, which is wrong where ceil_mode cuts one
    y = F.avg_pool2d(channels_first(images) ** 2, window, stride, 0, ceil_mode, divisor_override=1).sqrt()
    if not ceil_mode:
        assert torch.allclose(y, F.lp_pool2d(channels_first(images), 2, window, stride))
    return finish({"name": name, "kind": "l2", "x": x, "window": window, "stride": stride, "ceil_mode": ceil_mode}, images, y)


def fractional_case(name, x, window, output, samples):
    images = wave(x, "x").requires_grad_()
    drawn = torch.tensor(samples).expand(x[0], x[3], 2)
    # torch's first sample is that of the width
    y, argmax = F.fractional_max_pool2d(channels_first(images), window, output, return_indices=True, _random_samples=drawn.flip(2).contiguous())
    return finish({"name": name, "kind": "fractional_max", "x": x, "window": window, "output": output, "samples": samples}, images, y, argmax)


def main():
    cases = [
        max_case("dilation", [2, 9, 8, 3], (3, 2), (2, 1), dilation=(2, 3)),
        max_case("dilation and padding", [1, 7, 9, 2], (3, 3), (2, 2), (1, 1), dilation=(2, 2)),
        max_case("rounded up", [1, 6, 7, 2], (3, 2), (2, 2), ceil_mode=True),
        max_case("rounded up with padding", [2, 6, 8, 1], (3, 3), (2, 2), (1, 1), ceil_mode=True),
        max_case("rounded up, the last window would begin behind the image", [1, 5, 7, 2], (2, 2), (3, 4), (1, 1), ceil_mode=True),
        max_case("rounded up with dilation", [1, 8, 8, 2], (2, 2), (3, 3), (1, 1), dilation=(2, 3), ceil_mode=True),
        average_case("rounded up", [1, 6, 7, 2], (3, 2), (2, 2), ceil_mode=True),
        average_case("rounded up, counting the padding", [2, 6, 8, 2], (3, 3), (2, 2), (1, 1), ceil_mode=True),
        average_case("rounded up, not counting the padding", [2, 6, 8, 2], (3, 3), (2, 2), (1, 1), ceil_mode=True, count_padding=False),
        average_case("rounded up, far beyond the padding", [1, 7, 7, 2], (4, 4), (3, 3), (1, 1), ceil_mode=True),
        average_case("a divisor", [1, 5, 6, 2], (3, 2), (2, 2), (1, 1), divisor=5),
        average_case("sums", [1, 5, 6, 2], (3, 2), (2, 2), (1, 1), divisor=1),
        l2_case("root of sums of squares", [2, 5, 6, 2], (2, 3), (2, 1)),
        l2_case("root of sums of squares, rounded up", [1, 5, 6, 2], (2, 3), (2, 2), ceil_mode=True),
        fractional_case("fractional", [2, 9, 8, 2], (2, 2), (5, 6), (0.3, 0.8)),
        fractional_case("fractional with larger windows", [1, 7, 11, 3], (3, 2), (3, 7), (0.9, 0.05)),
    ]
    for kind in ("average", "max"):
        cases += [
            adaptive_case(f"{kind} of the whole image", kind, [2, 5, 4, 3], (1, 1)),
            adaptive_case(f"{kind}, windows overlap", kind, [2, 7, 10, 2], (3, 4)),
            adaptive_case(f"{kind}, windows divide", kind, [1, 6, 4, 2], (3, 2)),
            adaptive_case(f"{kind}, larger than the image", kind, [1, 3, 2, 2], (5, 7)),
        ]
    body = ",\n".join(json.dumps(case) for case in cases)
    made_with = f"make_pooling_goldens.py, torch {torch.__version__}"
    (FOLDER / "pooling.json").write_text(f'{{"made_with": {json.dumps(made_with)}, "cases": [\n{body}\n]}}\n')


if __name__ == "__main__":
    main()
