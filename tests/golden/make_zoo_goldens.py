#!/usr/bin/env python3
"""Writes zoo_states.json, zoo_outputs.json and zoo_gradients.json with PyTorch and torchvision, implementations that share nothing with this
one. Weights and images are computed on both sides as make_network_goldens.py describes.

Run by hand where both are installed (Debian: python3-torch, python3-torchvision): `make_zoo_goldens.py [NAME ...]` makes all networks, or
replaces only those named. The tests only read the JSON files.

  zoo_states.json     {"made_with", "networks": {name: {"channels", "classes", "parameters": count, "tensors": count, "hash"}}}: of the state's
                      lines "name [shape in files]\\n" in order the FNV-1a hash of 64 bits, in hexadecimal; for one network of each family
                      also "state", the lines.
  zoo_outputs.json    {"made_with", "cases": [case, ...]}: networks as the catalogue has them, on one image in evaluation mode. A case has
                      "name", "input" [N,H,W,C], "classes", "options" that differ from the catalogue's, and, computed in f64: "logits", every
                      fifth from the first, "sum" and "norm" (L2) of all.
  zoo_gradients.json  the same with dropout off, in training mode: "loss", the mean cross entropy where the target of image i is i modulo
                      the classes, and of its gradient with respect to each parameter, in order, the L2 norm ("norms") and the element in the
                      middle of the file's order ("values").
"""
import contextlib
import functools
import json
import math
import pathlib
import sys

import torch
import torchvision
from torch import nn
from torchvision import models

import zoo_peers
from make_network_goldens import fill, value_of

FOLDER = pathlib.Path(__file__).parent
MADE_WITH = f"make_zoo_goldens.py, torch {torch.__version__}, torchvision {torchvision.__version__}"
PHOTO, SMALL = [1, 224, 224, 3], [2, 64, 64, 3]


def replaced(make, **layers):
    """A network some of whose layers, named by their path with __ for dots, are others."""
    def build(classes):
        net = make(num_classes=classes)
        for path, layer in layers.items():
            *parents, last = path.split("__")
            parent = functools.reduce(lambda module, name: module[int(name)] if name.isdigit() else getattr(module, name), parents, net)
            if last.isdigit():
                parent[int(last)] = layer(classes)
            else:
                setattr(parent, last, layer(classes))
        return net
    return build


def tv(name, **options):
    return lambda classes: getattr(models, name)(num_classes=classes, **options)


def narrow_vgg(name):
    """A VGG with 64 hidden units."""
    return replaced(getattr(models, name), classifier__0=lambda _: nn.Linear(49 * 512, 64), classifier__3=lambda _: nn.Linear(64, 64),
                    classifier__6=lambda classes: nn.Linear(64, classes))


narrow_alexnet = replaced(models.alexnet, classifier__1=lambda _: nn.Linear(36 * 256, 64), classifier__4=lambda _: nn.Linear(64, 64),
                          classifier__6=lambda classes: nn.Linear(64, classes))


class Network:
    """One row of the tables below: `make(classes)` gives the network; `gradients` are the classes, the input and the maker of the case with
    gradients, None for none."""

    def __init__(self, make, classes=1000, channels=3, full=False, outputs=None, gradients=None, options=None, gradient_options=None):
        self.make, self.classes, self.channels, self.full = make, classes, channels, full
        self.outputs, self.gradients = outputs, gradients
        self.options, self.gradient_options = options or {}, gradient_options or {}


def photo(make, full=False, gradients=True, small=None, outputs=True, **gradient_options):
    """A network for photographs. `small` makes the one for gradients, if another than `make`, whose options are `gradient_options`."""
    return Network(make, full=full, outputs=PHOTO if outputs else None, gradients=(10, SMALL, small or make) if gradients else None,
                   gradient_options=gradient_options)


def two_streams(groups, full=False, gradients=False):
    return Network(lambda classes: zoo_peers.alexnet_2012(groups, classes), full=full, outputs=[1, 227, 227, 3] if full else None,
                   gradients=(10, [1, 227, 227, 3], lambda classes: zoo_peers.alexnet_2012(groups, classes, 16)) if gradients else None,
                   gradient_options={"hidden": 16, "dropout": 0})


def networks():
    vgg = {f"vgg{depth}{norm}": photo(tv(f"vgg{depth}{norm.replace('-', '_')}"), full=depth == 11, small=narrow_vgg(f"vgg{depth}{norm.replace('-', '_')}"),
                                      gradients=depth == 11 or depth == 16 and norm == "-bn", outputs=depth in (11, 16), hidden=64, dropout=0)
           for depth in (11, 13, 16, 19) for norm in ("", "-bn")}
    preact = zoo_peers.PreactResNet
    return {
        "linear": Network(lambda classes: zoo_peers.LinearClassifier(784, classes), 10, 1, True, [2, 28, 28, 1], (10, [3, 28, 28, 1], lambda c: zoo_peers.LinearClassifier(784, c))),
        "mlp": Network(lambda classes: zoo_peers.mlp(784, [128], classes), 10, 1, True, [2, 28, 28, 1], (10, [3, 6, 5, 2], lambda c: zoo_peers.mlp(60, [9, 8], c)),
                       gradient_options={"hidden": [9, 8]}),
        "nin-cifar": Network(lambda classes: zoo_peers.nin(3, classes), 10, 3, True, [2, 32, 32, 3], (10, [2, 32, 32, 3], lambda c: zoo_peers.nin(3, c)), gradient_options={"dropout": 0}),
        "resnext50-32x4d": photo(tv("resnext50_32x4d"), full=True),
        "resnext101-32x8d": photo(tv("resnext101_32x8d"), gradients=False, outputs=False),
        "resnext101-64x4d": photo(tv("resnext101_64x4d"), gradients=False, outputs=False),
        "wide-resnet50-2": photo(tv("wide_resnet50_2"), full=True),
        "wide-resnet101-2": photo(tv("wide_resnet101_2"), gradients=False, outputs=False),
        "resnet18": photo(tv("resnet18")),
        "resnet34": photo(tv("resnet34"), gradients=False),
        "resnet50": photo(tv("resnet50")),
        "resnet101": photo(tv("resnet101"), gradients=False),
        "resnet152": photo(tv("resnet152"), gradients=False),
        "preact-resnet18": photo(lambda classes: preact([2, 2, 2, 2], [64, 128, 256, 512], 64, classes), full=True),
        "preact-resnet50": photo(lambda classes: preact([3, 4, 6, 3], [64, 128, 256, 512], 64, classes, bottleneck=True), gradients=False),
        "preact-resnet164-cifar": Network(lambda classes: preact([18] * 3, [16, 32, 64], 16, classes, bottleneck=True, small=True), 10, outputs=[1, 32, 32, 3]),
        "wide-resnet16-4-cifar": Network(lambda classes: preact([2] * 3, [64, 128, 256], 16, classes, small=True), 10, outputs=[1, 32, 32, 3],
                                         gradients=(10, [2, 32, 32, 3], lambda classes: preact([2] * 3, [64, 128, 256], 16, classes, small=True))),
        "wide-resnet28-10-cifar": Network(lambda classes: preact([4] * 3, [160, 320, 640], 16, classes, small=True), 10),
        **vgg,
        "alexnet": photo(tv("alexnet"), full=True, small=narrow_alexnet, hidden=64, dropout=0),
        "squeezenet1-0": photo(tv("squeezenet1_0"), full=True, dropout=0),
        "squeezenet1-1": photo(tv("squeezenet1_1"), dropout=0),
        "densenet121": photo(tv("densenet121"), full=True),
        "densenet161": photo(tv("densenet161"), gradients=False),
        "densenet169": photo(tv("densenet169"), gradients=False, outputs=False),
        "densenet201": photo(tv("densenet201"), gradients=False, outputs=False),
        "googlenet": photo(tv("googlenet", aux_logits=False, init_weights=False), full=True, dropout=0),
        "mobilenet-v1": photo(zoo_peers.mobilenet_v1, full=True),
        "mobilenet-v2": photo(tv("mobilenet_v2"), full=True, dropout=0),
        "mobilenet-v3-large": photo(tv("mobilenet_v3_large"), full=True, dropout=0),
        "mobilenet-v3-small": photo(tv("mobilenet_v3_small"), dropout=0),
        **{f"shufflenet-v2-x{width}": photo(tv(f"shufflenet_v2_x{width.replace('-', '_')}"), full=width == "1-0", gradients=width in ("0-5", "1-0"))
           for width in ("0-5", "1-0", "1-5", "2-0")},
        "se-resnet50": photo(zoo_peers.se_resnet50, full=True),
        "efficientnet-b0": photo(tv("efficientnet_b0"), full=True, dropout=0, drop=0),
        "darknet19": photo(zoo_peers.Darknet19, full=True),
        "darknet53": photo(zoo_peers.darknet53, full=True),
        "alexnet-two-streams": two_streams((2, 1, 2, 2), full=True, gradients=True),
        "alexnet-two-streams-apart": two_streams((2, 2, 2, 2)),
        "alexnet-cs231n": two_streams((1, 1, 1, 1)),
        "zfnet": Network(zoo_peers.zfnet, full=True, outputs=PHOTO, gradients=(10, [1, 224, 224, 3], lambda classes: zoo_peers.zfnet(classes, 16)),
                         gradient_options={"hidden": 16, "dropout": 0}),
        **{f"vit-{letter}-16": Network(lambda classes, width=width, heads=heads: zoo_peers.vit(width, heads, classes), full=letter == "b", outputs=PHOTO,
                                       gradients=(10, [2, 64, 64, 3], lambda classes: zoo_peers.vit(192, 3, classes, 64)) if letter == "ti" else None,
                                       gradient_options={"dropout": 0})
           for letter, width, heads in (("ti", 192, 3), ("s", 384, 6), ("b", 768, 12))},
    }


def rounded(value, digits):
    return float(f"{value:.{digits}g}")


def hash_of(text):
    value = 0xCBF29CE484222325
    for byte in text.encode():
        value = (value ^ byte) * 0x100000001B3 & 0xFFFFFFFFFFFFFFFF
    return f"{value:016x}"


def state_of(network):
    net = network.make(network.classes)
    lines = [f"{name} [{','.join(map(str, tensor.shape))}]" for name, tensor in net.state_dict().items()]
    state = {"channels": network.channels, "classes": network.classes, "parameters": sum(parameter.numel() for parameter in net.parameters()),
             "tensors": len(lines), "hash": hash_of("".join(line + "\n" for line in lines))}
    return {**state, "state": lines} if network.full else state


def outputs_of(name, network):
    net = fill(network.make(network.classes).double()).eval()
    with torch.no_grad():
        logits = net(value_of("image", network.outputs).permute(0, 3, 1, 2)).reshape(-1)
    return {"name": name, "input": network.outputs, "classes": network.classes, "options": network.options,
            "logits": [rounded(value, 8) for value in logits[::5].tolist()], "sum": logits.sum().item(), "norm": logits.norm().item()}


class HardSigmoid(nn.Module):
    """torch's own divides by six in f32 whatever the type of x: its slopes are 3e-8 off."""

    def forward(self, x):
        return nn.functional.relu6(x + 3) / 6


def gradients_of(name, network):
    classes, input, make = network.gradients
    net = fill(make(classes).double()).train()
    for module in net.modules():
        if isinstance(getattr(module, "scale_activation", None), nn.Hardsigmoid):
            module.scale_activation = HardSigmoid()
    for module in net.modules():
        if isinstance(module, (nn.Dropout, torchvision.ops.StochasticDepth)):
            module.p = 0
    logits = net(value_of("image", input).permute(0, 3, 1, 2))
    loss = nn.functional.cross_entropy(logits, torch.arange(len(logits)) % classes)
    loss.backward()
    gradients = [parameter.grad.reshape(-1) for parameter in net.parameters()]
    return {"name": name, "input": input, "classes": classes, "options": network.gradient_options, "loss": loss.item(),
            "norms": [rounded(gradient.norm().item(), 12) for gradient in gradients],
            "values": [rounded(gradient[len(gradient) // 2].item(), 12) for gradient in gradients]}


def write(name, key, text):
    (FOLDER / name).write_text(f'{{"made_with": {json.dumps(MADE_WITH)}, "{key}": {text}}}\n')


def read(name, key):
    with contextlib.suppress(FileNotFoundError):
        return json.loads((FOLDER / name).read_text())[key]
    return {} if key == "networks" else []


def main():
    every = networks()
    wanted = {name: every[name] for name in sys.argv[1:] or every}
    states = read("zoo_states.json", "networks")
    outputs = {case["name"]: case for case in read("zoo_outputs.json", "cases")}
    gradients = {case["name"]: case for case in read("zoo_gradients.json", "cases")}
    for name, network in wanted.items():
        print(name, file=sys.stderr)
        states[name] = state_of(network)
        if network.outputs:
            outputs[name] = outputs_of(name, network)
        if network.gradients:
            gradients[name] = gradients_of(name, network)
    order = [name for name in every if name in states]
    write("zoo_states.json", "networks", "{\n" + ",\n".join(f"{json.dumps(name)}: {json.dumps(states[name])}" for name in order) + "\n}")
    for file, cases in (("zoo_outputs.json", outputs), ("zoo_gradients.json", gradients)):
        write(file, "cases", "[\n" + ",\n".join(json.dumps(cases[name]) for name in order if name in cases) + "\n]")


if __name__ == "__main__":
    main()
