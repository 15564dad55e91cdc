#!/usr/bin/env python3
"""Writes network_states.json and network_outputs.json with PyTorch and torchvision, implementations that share nothing with this one.

Run by hand where both are installed (Debian: python3-torch, python3-torchvision); the tests only read the JSON files.

  network_states.json   {"made_with", "networks": {name: {"channels", "classes", "parameters": count, "state": [line, ...]}}}: a line like
                        "layer1.0.conv1.weight [64,64,3,3]", with the shape in files, for each tensor, in order, of the networks at their
                        usual sizes (of the deepest ResNets only the count)
  network_outputs.json  {"made_with", "cases": [case, ...]}: narrow networks on small images. A case has a "name", its options, "input"
                        [N,H,W,C], and flat row-major results, all computed in f64:
                        "logits" in evaluation mode ([N,classes], or [N,H,W,classes] of a segmenter), and in training mode "loss", the mean
                        cross entropy where element i of the targets is i modulo the classes, and "gradients", the L2 norm of the loss's
                        gradient with respect to each parameter, in order.

Weights and images are not stored but computed: element i (row-major, in the file's order; images NHWC) of the tensor called `name` is made
of uniform(name, i), a hash of both, in [0, 1):
  "image", biases and running means   2 u - 1, the latter two times 0.1
  norms' weights, running variances   0.5 + u
  other weights                       (2 u - 1) sqrt(6 / fan_in), fan_in = elements / first extent
rounded to f32.
"""
import json
import math
import pathlib

import numpy
import torch
import torchvision
from torch import nn
from torchvision.models.resnet import BasicBlock, Bottleneck, ResNet
from torchvision.models.vgg import VGG, make_layers

FOLDER = pathlib.Path(__file__).parent
MADE_WITH = f"make_network_goldens.py, torch {torch.__version__}, torchvision {torchvision.__version__}"


def uniform(name, count):
    """24 bits of a 32-bit finaliser (the last step of MurmurHash3) over the index plus the FNV-1a hash of the name."""
    salt = 0x811C9DC5
    for byte in name.encode():
        salt = (salt ^ byte) * 0x01000193 & 0xFFFFFFFF
    x = numpy.arange(count, dtype=numpy.uint32) + numpy.uint32(salt)
    x ^= x >> numpy.uint32(16)
    x *= numpy.uint32(0x85EBCA6B)
    x ^= x >> numpy.uint32(13)
    x *= numpy.uint32(0xC2B2AE35)
    x ^= x >> numpy.uint32(16)
    return (x >> numpy.uint32(8)).astype(numpy.float64) / 2.0 ** 24


def value_of(name, shape):
    count = math.prod(shape)
    u = uniform(name, count)
    if name == "image":
        values = 2 * u - 1
    elif name.endswith("bias") or name.endswith("running_mean"):
        values = (2 * u - 1) * 0.1
    elif name.endswith("running_var") or len(shape) == 1:
        values = 0.5 + u
    else:
        values = (2 * u - 1) * math.sqrt(6 / (count // shape[0]))
    return torch.from_numpy(values.astype(numpy.float32).astype(numpy.float64)).reshape(shape)


def fill(net):
    for name, tensor in net.state_dict().items():
        if tensor.is_floating_point():
            tensor.copy_(value_of(name, list(tensor.shape)))
    return net


def resnet(block, blocks, widths, classes, small_stem=False):
    """torchvision's ResNet with other widths than 64, 128, 256, 512."""
    class Net(ResNet):
        def _make_layer(self, block, planes, blocks, stride=1, dilate=False):
            if planes == 64:
                self.inplanes = widths[0]
            return super()._make_layer(block, widths[[64, 128, 256, 512].index(planes)], blocks, stride, dilate)

    net = Net(block, blocks, num_classes=classes)
    net.conv1 = nn.Conv2d(3, widths[0], 3, 1, 1, bias=False) if small_stem else nn.Conv2d(3, widths[0], 7, 2, 3, bias=False)
    net.bn1 = nn.BatchNorm2d(widths[0])
    if small_stem:
        net.maxpool = nn.Identity()
    net.fc = nn.Linear(widths[3] * block.expansion, classes)
    return net


def vgg16(widths, hidden, classes):
    """torchvision's VGG with configuration D, other widths and no dropout."""
    layers = [width for width, count in zip(widths, (2, 2, 3, 3, 3)) for width in [width] * count + ["M"]]
    net = VGG(make_layers(layers), classes, init_weights=False)
    net.classifier = nn.Sequential(nn.Linear(49 * widths[4], hidden), nn.ReLU(), nn.Dropout(0), nn.Linear(hidden, hidden), nn.ReLU(), nn.Dropout(0),
                                   nn.Linear(hidden, classes))
    return net


def double(inputs, outputs):
    return nn.Sequential(nn.Conv2d(inputs, outputs, 3, padding=1, bias=False), nn.BatchNorm2d(outputs), nn.ReLU(),
                         nn.Conv2d(outputs, outputs, 3, padding=1, bias=False), nn.BatchNorm2d(outputs), nn.ReLU())


class UNet(nn.Module):
    def __init__(self, widths, classes):
        super().__init__()
        levels = range(len(widths) - 1, 0, -1)
        self.down = nn.ModuleList([double(3 if i == 0 else widths[i - 1], width) for i, width in enumerate(widths)])
        self.up = nn.ModuleList([nn.ConvTranspose2d(widths[i], widths[i - 1], 2, 2) for i in levels])
        self.dec = nn.ModuleList([double(2 * widths[i - 1], widths[i - 1]) for i in levels])
        self.out = nn.Conv2d(widths[0], classes, 1)

    def forward(self, x):
        features = []
        for i, down in enumerate(self.down):
            x = down(nn.functional.max_pool2d(x, 2) if i else x)
            features.append(x)
        for up, dec, feature in zip(self.up, self.dec, features[-2::-1]):
            x = dec(torch.cat([feature, up(x)], 1))
        return self.out(x)


class LeNet5Classic(nn.Module):
    def __init__(self, classes):
        super().__init__()
        self.conv1, self.conv2 = nn.Conv2d(1, 6, 5, padding=2), nn.Conv2d(6, 16, 5)
        self.fc1, self.fc2, self.fc3 = nn.Linear(400, 120), nn.Linear(120, 84), nn.Linear(84, classes)

    def forward(self, x):
        for conv in (self.conv1, self.conv2):
            x = nn.functional.max_pool2d(conv(x).relu(), 2)
        return self.fc3(self.fc2(self.fc1(x.flatten(1)).relu()).relu())


def state_of(net, channels, classes, names=True):
    size = {"channels": channels, "classes": classes, "parameters": sum(parameter.numel() for parameter in net.parameters())}
    if not names:
        return size
    lines = [f"{name} [{','.join(map(str, tensor.shape))}]" for name, tensor in net.state_dict().items()]
    return {**size, "state": lines}


def outputs_of(name, net, input, classes, **options):
    net = fill(net.double())
    image = value_of("image", input).permute(0, 3, 1, 2)

    def logits():
        y = net(image)
        return y.permute(0, 2, 3, 1) if y.dim() == 4 else y

    net.eval()
    with torch.no_grad():
        result = logits()
    net.train()
    rows = logits().reshape(-1, classes)
    loss = nn.functional.cross_entropy(rows, torch.arange(len(rows)) % classes)
    loss.backward()
    return {"name": name, "input": input, "classes": classes, **options, "logits": result.reshape(-1).tolist(), "loss": loss.item(),
            "gradients": [parameter.grad.norm().item() for parameter in net.parameters()]}


def write(name, key, text):
    (FOLDER / name).write_text(f'{{"made_with": {json.dumps(MADE_WITH)}, "{key}": {text}}}\n')


def main():
    models = torchvision.models
    networks = {
        "resnet18": state_of(models.resnet18(), 3, 1000),
        "resnet34": state_of(models.resnet34(), 3, 1000),
        "resnet50": state_of(models.resnet50(), 3, 1000),
        "resnet101": state_of(models.resnet101(), 3, 1000, names=False),  # the deepest repeat the names of ResNet-50
        "resnet152": state_of(models.resnet152(), 3, 1000, names=False),
        "vgg16": state_of(models.vgg16(), 3, 1000),
        "unet": state_of(UNet([64, 128, 256, 512, 1024], 2), 3, 2),
        "resnet18-cifar": state_of(resnet(BasicBlock, [2, 2, 2, 2], [64, 128, 256, 512], 10, small_stem=True), 3, 10),
        "lenet5-classic": state_of(LeNet5Classic(10), 1, 10),
    }
    write("network_states.json", "networks", "{\n" + ",\n".join(f"{json.dumps(name)}: {json.dumps(state)}" for name, state in networks.items()) + "\n}")

    cases = [
        outputs_of("resnet18-cifar", resnet(BasicBlock, [2, 2, 2, 2], [5, 8, 12, 9], 7, small_stem=True), [3, 16, 12, 3], 7, widths=[5, 8, 12, 9]),
        outputs_of("resnet34", resnet(BasicBlock, [3, 4, 6, 3], [4, 6, 8, 10], 4), [3, 48, 64, 3], 4, widths=[4, 6, 8, 10]),
        outputs_of("resnet50", resnet(Bottleneck, [3, 4, 6, 3], [3, 4, 5, 6], 5), [3, 64, 48, 3], 5, widths=[3, 4, 5, 6]),
        outputs_of("vgg16", vgg16([4, 4, 6, 6, 8], 16, 6), [1, 224, 224, 3], 6, widths=[4, 4, 6, 6, 8], hidden=16),
        outputs_of("vgg16", vgg16([2, 3, 4, 5, 6], 10, 3), [1, 448, 230, 3], 3, widths=[2, 3, 4, 5, 6], hidden=10),
        outputs_of("unet", UNet([6, 8, 12], 3), [2, 8, 12, 3], 3, widths=[6, 8, 12]),
        outputs_of("lenet5-classic", LeNet5Classic(10), [3, 28, 28, 1], 10),
    ]
    write("network_outputs.json", "cases", "[\n" + ",\n".join(map(json.dumps, cases)) + "\n]")


if __name__ == "__main__":
    main()
