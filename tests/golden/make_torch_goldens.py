#!/usr/bin/env python3
"""Writes the golden values in this folder with PyTorch, an implementation that shares nothing with this one.

Run by hand where torch is installed (Debian: python3-torch); the tests only read the JSON files. Everything is f64, and numbers are
written so that they read back to the same bits. Only outputs are stored: element i (row-major, in this project's layouts: images
NHWC, filters KRSC) of every input is sin(0.7 i + phase), with the phases of PHASES. Expected gradients belong to the output gradient
"dy" of the same formula.

Every file is {"made_with": text, "cases": [case, ...]}; a case has a "name", its settings and flat row-major results:

  conv2d.json          x [N,H,W,C], filter [K,R,S,C/groups], stride [h,w], padding [top,bottom,left,right], dilation [h,w], groups
                       -> y_shape, y, dx, dfilter, dbias
  conv_transpose2d.json  x [N,H,W,C], filter [C,R,S,K/groups], stride, padding, output_padding, dilation [h,w], groups
                       -> y_shape, y, dx, dfilter, dbias
  pool2d.json          kind "max" | "average", x, window, stride, padding [h,w], count_padding -> y_shape, y, dx
  batch_norm.json      x [...,C], epsilon, training; running statistics start at sin(0.7 c + "running_mean") and
                       2 + sin(0.7 c + "running_variance"); momentum -> y, dx, dgamma, dbeta, and after training running_mean, running_variance
  cross_entropy.json   logits [...,C], targets (flat), reduction, ignore_index, label_smoothing, weighted (class c weighs 0.5 + 0.25 c)
                       -> loss (flat), dlogits
  sgd.json, adamw.json 20 steps on the gradient g_i = (1 + i/2) (w_i - sin(0.7 i + "target")) + w_i^3 / 10, i < 6, from w = sin(0.7 i + "weight").
                       sgd: rate, momentum, dampening, nesterov, weight_decay. adamw: rate, beta1, beta2, epsilon, weight_decay
                       -> steps [1,2,3,10,20], weights: one list of 6 per entry of steps
  schedules.json       kind "step": rate, step, gamma; "cosine": rate, minimum, period; "warmup_step" and "warmup_cosine": the same after
                       `warmup` steps of linear growth from rate * start_factor -> rates: the learning rate of step 0, 1, 2, ...
"""
import json
import math
import pathlib
import warnings

import torch

PHASES = {"x": 0.1, "filter": 0.2, "bias": 0.3, "dy": 0.4, "gamma": 0.5, "beta": 0.6, "running_mean": 0.7, "running_variance": 0.8,
          "logits": 0.9, "weight": 1.0, "target": 1.1}
FOLDER = pathlib.Path(__file__).parent
torch.set_default_dtype(torch.float64)


def wave(shape, name):
    count = math.prod(shape)
    return torch.tensor([math.sin(0.7 * i + PHASES[name]) for i in range(count)]).reshape(shape)


def channels_first(t):
    return t.permute(0, 3, 1, 2).contiguous()


def channels_last(t):
    return t.permute(0, 2, 3, 1).contiguous()


def flat(t):
    return t.detach().reshape(-1).tolist()


def write(name, cases):
    body = ",\n".join(json.dumps(case) for case in cases)
    made_with = f"make_torch_goldens.py, torch {torch.__version__}"
    (FOLDER / name).write_text(f'{{"made_with": {json.dumps(made_with)}, "cases": [\n{body}\n]}}\n')


def conv2d_case(name, x, filter, stride=(1, 1), padding=(0, 0, 0, 0), dilation=(1, 1), groups=1):
    images = wave(x, "x").requires_grad_()
    filters = wave(filter, "filter").requires_grad_()
    bias = wave(filter[:1], "bias").requires_grad_()
    top, bottom, left, right = padding
    padded = torch.nn.functional.pad(channels_first(images), (left, right, top, bottom))
    y = channels_last(torch.nn.functional.conv2d(padded, channels_first(filters), bias, stride, 0, dilation, groups))
    y.backward(wave(y.shape, "dy"))
    return {"name": name, "x": x, "filter": filter, "stride": stride, "padding": padding, "dilation": dilation, "groups": groups,
            "y_shape": list(y.shape), "y": flat(y), "dx": flat(images.grad), "dfilter": flat(filters.grad), "dbias": flat(bias.grad)}


def conv_transpose2d_case(name, x, filter, stride=(1, 1), padding=(0, 0), output_padding=(0, 0), dilation=(1, 1), groups=1):
    images = wave(x, "x").requires_grad_()
    filters = wave(filter, "filter").requires_grad_()
    bias = wave([filter[3] * groups], "bias").requires_grad_()
    y = channels_last(torch.nn.functional.conv_transpose2d(channels_first(images), channels_first(filters), bias, stride, padding,
                                                           output_padding, groups, dilation))
    y.backward(wave(y.shape, "dy"))
    return {"name": name, "x": x, "filter": filter, "stride": stride, "padding": padding, "output_padding": output_padding,
            "dilation": dilation, "groups": groups, "y_shape": list(y.shape), "y": flat(y), "dx": flat(images.grad),
            "dfilter": flat(filters.grad), "dbias": flat(bias.grad)}


def pool2d_case(name, kind, x, window, stride, padding=(0, 0), count_padding=True):
    images = wave(x, "x").requires_grad_()
    if kind == "max":
        y = torch.nn.functional.max_pool2d(channels_first(images), window, stride, padding)
    else:
        y = torch.nn.functional.avg_pool2d(channels_first(images), window, stride, padding, count_include_pad=count_padding)
    y = channels_last(y)
    y.backward(wave(y.shape, "dy"))
    return {"name": name, "kind": kind, "x": x, "window": window, "stride": stride, "padding": padding, "count_padding": count_padding,
            "y_shape": list(y.shape), "y": flat(y), "dx": flat(images.grad)}


def batch_norm_case(name, x, training, epsilon=1e-5, momentum=0.1):
    channels = x[-1:]
    values = wave(x, "x").requires_grad_()
    gamma, beta = wave(channels, "gamma").requires_grad_(), wave(channels, "beta").requires_grad_()
    mean, variance = wave(channels, "running_mean"), 2 + wave(channels, "running_variance")
    rows = values.reshape(-1, x[-1])
    y = torch.nn.functional.batch_norm(rows, mean, variance, gamma, beta, training, momentum, epsilon)
    y.backward(wave(y.shape, "dy"))
    case = {"name": name, "x": x, "training": training, "epsilon": epsilon, "momentum": momentum, "y": flat(y), "dx": flat(values.grad),
            "dgamma": flat(gamma.grad), "dbeta": flat(beta.grad)}
    if training:
        case.update(running_mean=flat(mean), running_variance=flat(variance))
    return case


def cross_entropy_case(name, logits, targets, reduction, smoothing=0.0, weighted=False, ignore_index=-100):
    scores = wave(logits, "logits").requires_grad_()
    classes = logits[-1]
    weights = torch.tensor([0.5 + 0.25 * c for c in range(classes)]) if weighted else None
    loss = torch.nn.functional.cross_entropy(scores.reshape(-1, classes), torch.tensor(targets), weights, ignore_index=ignore_index,
                                             reduction=reduction, label_smoothing=smoothing)
    loss.backward(wave(loss.shape, "dy"))
    return {"name": name, "logits": logits, "targets": targets, "reduction": reduction, "label_smoothing": smoothing, "weighted": weighted,
            "ignore_index": ignore_index, "loss": flat(loss), "dlogits": flat(scores.grad)}


def optimizer_case(name, make, options):
    count, steps = 6, [1, 2, 3, 10, 20]
    weight, target = wave([count], "weight").requires_grad_(), wave([count], "target")
    slope = torch.tensor([1 + i / 2 for i in range(count)])
    optimizer, weights = make([weight]), []
    for step in range(1, steps[-1] + 1):
        weight.grad = (slope * (weight - target) + weight ** 3 / 10).detach()
        optimizer.step()
        if step in steps:
            weights.append(flat(weight))
    return {"name": name, **options, "steps": steps, "weights": weights}


def sgd_case(name, rate, momentum=0.0, dampening=0.0, nesterov=False, weight_decay=0.0):
    options = {"momentum": momentum, "dampening": dampening, "nesterov": nesterov, "weight_decay": weight_decay}
    return optimizer_case(name, lambda p: torch.optim.SGD(p, lr=rate, **options), {"rate": rate, **options})


def adamw_case(name, rate, beta1=0.9, beta2=0.999, epsilon=1e-8, weight_decay=0.01):
    options = {"rate": rate, "beta1": beta1, "beta2": beta2, "epsilon": epsilon, "weight_decay": weight_decay}
    return optimizer_case(name, lambda p: torch.optim.AdamW(p, lr=rate, betas=(beta1, beta2), eps=epsilon, weight_decay=weight_decay), options)


def schedule_case(name, kind, rate, count, warmup=0, start_factor=0.1, **options):
    optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=rate)
    if kind.endswith("step"):
        main = torch.optim.lr_scheduler.StepLR(optimizer, options["step"], options["gamma"])
    else:
        main = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, options["period"], options["minimum"])
    if warmup > 0:
        growth = torch.optim.lr_scheduler.LinearLR(optimizer, start_factor, 1.0, warmup)
        main = torch.optim.lr_scheduler.SequentialLR(optimizer, [growth, main], [warmup])
        options.update(warmup=warmup, start_factor=start_factor)
    rates = []
    for _ in range(count):
        rates.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        main.step()
    return {"name": name, "kind": kind, "rate": rate, **options, "rates": rates}


def main():
    warnings.filterwarnings("ignore", category=UserWarning)  # SequentialLR calls step() in a way it warns about itself
    write("conv2d.json", [
        conv2d_case("plain", [1, 4, 5, 3], [2, 3, 3, 3]),
        conv2d_case("stride leaves a row over", [2, 6, 5, 2], [3, 3, 2, 2], stride=(2, 1), padding=(1, 1, 1, 1)),
        conv2d_case("asymmetric padding", [1, 3, 4, 2], [3, 2, 3, 2], padding=(0, 2, 1, 3)),
        conv2d_case("dilation", [1, 7, 6, 2], [2, 3, 2, 2], dilation=(2, 3), padding=(1, 0, 0, 1)),
        conv2d_case("groups", [2, 3, 4, 4], [6, 2, 2, 2], groups=2, stride=(1, 2)),
        conv2d_case("depthwise", [1, 5, 5, 3], [6, 3, 3, 1], groups=3, stride=(2, 2), padding=(1, 1, 1, 1)),
    ])
    write("conv_transpose2d.json", [
        conv_transpose2d_case("twice the size", [2, 2, 3, 3], [3, 2, 2, 2], stride=(2, 2)),
        conv_transpose2d_case("overlapping windows", [1, 3, 2, 2], [2, 3, 3, 3], stride=(2, 2), padding=(1, 1), output_padding=(1, 1)),
        conv_transpose2d_case("axes differ", [1, 2, 3, 2], [2, 2, 3, 1], stride=(3, 1), padding=(0, 2), output_padding=(2, 0), dilation=(2, 2)),
        conv_transpose2d_case("groups", [1, 2, 2, 4], [4, 3, 2, 3], groups=2, stride=(1, 2)),
    ])
    write("pool2d.json", [
        pool2d_case("max", "max", [2, 4, 5, 2], (2, 2), (2, 2)),
        pool2d_case("max overlapping", "max", [1, 7, 6, 2], (3, 2), (2, 1), (1, 1)),
        pool2d_case("average", "average", [2, 4, 5, 2], (2, 2), (2, 2)),
        pool2d_case("average counting the padding", "average", [1, 5, 6, 2], (3, 3), (2, 2), (1, 1)),
        pool2d_case("average not counting the padding", "average", [1, 5, 6, 2], (3, 3), (2, 2), (1, 1), count_padding=False),
    ])
    write("batch_norm.json", [
        batch_norm_case("training on rows", [7, 3], True),
        batch_norm_case("training on images", [2, 3, 4, 2], True, epsilon=1e-3, momentum=0.3),
        batch_norm_case("evaluation on images", [2, 3, 4, 2], False, epsilon=1e-3),
    ])
    targets = [0, 3, 2, -100, 1, 4]
    write("cross_entropy.json", [
        cross_entropy_case("plain", [6, 5], [0, 3, 2, 2, 1, 4], "mean"),
        cross_entropy_case("smoothing", [6, 5], [0, 3, 2, 2, 1, 4], "mean", smoothing=0.1),
        cross_entropy_case("smoothing, weights and ignored rows, mean", [6, 5], targets, "mean", smoothing=0.2, weighted=True),
        cross_entropy_case("smoothing, weights and ignored rows, sum", [6, 5], targets, "sum", smoothing=0.2, weighted=True),
        cross_entropy_case("smoothing, weights and ignored rows, none", [6, 5], targets, "none", smoothing=0.2, weighted=True),
        cross_entropy_case("a label for every pixel", [2, 2, 3, 4], [0, 1, 2, 3, 255, 1, 2, 255, 0, 1, 3, 3], "mean", weighted=True, ignore_index=255),
    ])
    write("sgd.json", [
        sgd_case("plain", 0.1),
        sgd_case("momentum", 0.05, momentum=0.9),
        sgd_case("dampening", 0.05, momentum=0.9, dampening=0.3),
        sgd_case("nesterov", 0.05, momentum=0.9, nesterov=True),
        sgd_case("weight decay", 0.1, weight_decay=0.05),
        sgd_case("nesterov with weight decay", 0.05, momentum=0.8, nesterov=True, weight_decay=0.05),
    ])
    write("adamw.json", [
        adamw_case("defaults", 0.05),
        adamw_case("no decay", 0.05, weight_decay=0.0),
        adamw_case("everything else", 0.02, beta1=0.8, beta2=0.95, epsilon=1e-3, weight_decay=0.2),
    ])
    write("schedules.json", [
        schedule_case("step", "step", 0.1, 12, step=4, gamma=0.1),
        schedule_case("cosine", "cosine", 0.1, 11, period=10, minimum=0.001),
        schedule_case("step after warm-up", "warmup_step", 0.1, 14, warmup=4, start_factor=0.25, step=4, gamma=0.5),
        schedule_case("cosine after warm-up", "warmup_cosine", 0.1, 16, warmup=5, start_factor=0.1, period=10, minimum=0.0),
    ])


if __name__ == "__main__":
    main()
