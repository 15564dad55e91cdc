#!/usr/bin/env python3
"""Writes segmentation_networks.json and, with `full`, segmentation_networks_full.json with PyTorch and torchvision, implementations that share
nothing with this one.

Run by hand where both are installed (Debian: python3-torch, python3-torchvision); the tests only read the JSON files. Weights, images and
the layout of a case are those of make_network_goldens.py, but its options are under "options", as the catalogue has them, and of its "logits"
only each of number 0, "every", 2 "every" ... is kept; "state" has the lines "name [shape in files]" of its network.

  segmentation_networks.json       {"made_with", "cases": [case, ...]}: narrow networks on small images, some of sizes that the networks pad.
  segmentation_networks_full.json  the same for networks of full width.
"""
import json
import pathlib
import sys

import torch
import torchvision
from torch import nn
from torch.nn import functional
from torchvision.models.resnet import BasicBlock, Bottleneck, ResNet
from torchvision.models.segmentation.deeplabv3 import ASPP, DeepLabV3
from torchvision.models.vgg import make_layers

from make_network_goldens import double, outputs_of, resnet, state_of, vgg16

FOLDER = pathlib.Path(__file__).parent
MADE_WITH = f"make_segmentation_network_goldens.py, torch {torch.__version__}, torchvision {torchvision.__version__}"
NARROW = [4, 4, 6, 6, 8]


class AnySize(nn.Module):
    """Mirrors images at the bottom and right up to the next multiple, and cuts the result."""

    def __init__(self, multiple, least=0):
        super().__init__()
        self.multiple, self.least = multiple, least

    def forward(self, x):
        height, width = x.shape[2:]
        rows, columns = (-(-max(extent, self.least) // self.multiple) * self.multiple - extent for extent in (height, width))
        return self.logits(functional.pad(x, (0, columns, 0, rows), mode="reflect") if rows or columns else x)[:, :, :height, :width]


class VggFeatures(nn.Module):
    """What is behind each of the five maxima (pooled), or before them and behind the last."""

    def __init__(self, widths, pooled):
        super().__init__()
        self.features, self.pooled = vgg16(widths, 1, 2).features, pooled
        self.channels = list(widths) if pooled else [*widths, widths[-1]]

    def forward(self, x):
        maps = []
        for layer in self.features:
            if isinstance(layer, nn.MaxPool2d) and not self.pooled:
                maps.append(x)
            x = layer(x)
            if isinstance(layer, nn.MaxPool2d) and self.pooled:
                maps.append(x)
        return maps if self.pooled else [*maps, x]


class ResNetFeatures(nn.Module):
    def __init__(self, net, channels):
        super().__init__()
        for name in ("conv1", "bn1", "relu", "maxpool", "layer1", "layer2", "layer3", "layer4"):
            setattr(self, name, getattr(net, name))
        self.channels = channels

    def forward(self, x):
        maps = [self.relu(self.bn1(self.conv1(x)))]
        x = self.maxpool(maps[0])
        for layer in (self.layer1, self.layer2, self.layer3, self.layer4):
            x = layer(x)
            maps.append(x)
        return maps


def resnet18_features(widths):
    return ResNetFeatures(resnet(BasicBlock, [2, 2, 2, 2], widths, 2), [widths[0], *widths])


class Fcn(AnySize):
    """Long et al. 2015; `maps` are the numbers of the backbone's maps that are scored, the coarsest first, and `factors` what lies between."""

    def __init__(self, backbone, maps, factors, hidden, classes):
        super().__init__(32)
        self.backbone, self.maps = backbone, maps
        if hidden:
            self.fc6, self.fc7 = nn.Conv2d(backbone.channels[maps[0]], hidden, 7, padding=3), nn.Conv2d(hidden, hidden, 1)
        channels = [backbone.channels[i] for i in maps]
        if hidden:
            channels[0] = hidden
        self.score = nn.ModuleList([nn.Conv2d(count, classes, 1) for count in channels])
        self.up = nn.ModuleList([nn.ConvTranspose2d(classes, classes, 2 * f, f, f // 2, bias=False) for f in factors])

    def logits(self, x):
        maps = self.backbone(x)
        x = maps[self.maps[0]]
        if hasattr(self, "fc6"):
            x = self.fc7(self.fc6(x).relu()).relu()
        x = self.score[0](x)
        for i, up, score in zip(self.maps[1:], self.up, self.score[1:]):
            x = up(x) + score(maps[i])
        return self.up[-1](x)


def pair(inputs, outputs, norm, padding):
    if norm == "batch" and padding:
        return double(inputs, outputs)
    layers = []
    for count in (inputs, outputs):
        layers.append(nn.Conv2d(count, outputs, 3, padding=padding, bias=norm == "none"))
        if norm != "none":
            layers.append(nn.BatchNorm2d(outputs) if norm == "batch" else nn.GroupNorm(max(g for g in (16, 8, 4, 2, 1) if outputs % g == 0), outputs))
        layers.append(nn.ReLU())
    return nn.Sequential(*layers)


class BilinearUp(nn.Module):
    def __init__(self, inputs, outputs):
        super().__init__()
        self.conv = nn.Conv2d(inputs, outputs, 1)

    def forward(self, x):
        return self.conv(functional.interpolate(x, scale_factor=2, mode="bilinear", align_corners=False))


class UNet(nn.Module):
    """Ronneberger et al. 2015; `border` and the sizes that it makes are searched for, not computed."""

    def __init__(self, widths, classes, border="same", norm="batch", up="transposed"):
        super().__init__()
        self.border, padding = border, int(border == "same")
        levels = range(len(widths) - 1, 0, -1)
        self.down = nn.ModuleList([pair(3 if i == 0 else widths[i - 1], width, norm, padding) for i, width in enumerate(widths)])
        self.up = nn.ModuleList([nn.ConvTranspose2d(widths[i], widths[i - 1], 2, 2) if up == "transposed" else BilinearUp(widths[i], widths[i - 1]) for i in levels])
        self.dec = nn.ModuleList([pair(2 * widths[i - 1], widths[i - 1], norm, padding) for i in levels])
        self.out = nn.Conv2d(widths[0], classes, 1)

    def result_extent(self, extent):
        """None where a level cannot be halved."""
        if self.border == "same":
            return extent if extent % 2 ** len(self.up) == 0 else None
        for level in range(len(self.down)):
            if level and extent % 2:
                return None
            extent = (extent // 2 if level else extent) - 4
            if extent < 1:
                return None
        for _ in self.up:
            extent = 2 * extent - 4
            if extent < 1:
                return None
        return extent

    def forward(self, x):
        extents = x.shape[2:]
        whole = [next(e for e in range(extent, 10 * extent + 1000) if self.result_extent(e)) for extent in extents]
        lost = whole[0] - self.result_extent(whole[0])
        front = 0
        if self.border == "mirror":
            front = lost // 2
            whole = [next(e for e in range(extent + lost, 10 * extent + 1000) if self.result_extent(e)) for extent in extents]
        kept = [extent if self.border == "mirror" else extent - lost for extent in extents]
        rows, columns = (w - extent - front for w, extent in zip(whole, extents))
        x = functional.pad(x, (front, columns, front, rows), mode="reflect") if front or rows or columns else x
        features = []
        for i, down in enumerate(self.down):
            x = down(functional.max_pool2d(x, 2) if i else x)
            features.append(x)
        for up, dec, feature in zip(self.up, self.dec, features[-2::-1]):
            x = up(x)
            cut = [(a - b) // 2 for a, b in zip(feature.shape[2:], x.shape[2:])]
            feature = feature[:, :, cut[0]:feature.shape[2] - cut[0], cut[1]:feature.shape[3] - cut[1]]
            x = dec(torch.cat([feature, x], 1))
        return self.out(x)[:, :, :kept[0], :kept[1]]


class BackboneUNet(AnySize):
    def __init__(self, backbone, strides, width, most_width, classes):
        super().__init__(32)
        self.backbone = backbone
        levels = list(zip(strides, backbone.channels))
        if strides[0] != 1:
            levels.insert(0, (1, 0))
        channels, self.dec = levels.pop()[1], nn.ModuleList()
        for stride, count in reversed(levels):
            self.dec.append(double(channels + count, min(stride * width, most_width)))
            channels = min(stride * width, most_width)
        self.out = nn.Conv2d(channels, classes, 1)

    def logits(self, x):
        *maps, y = self.backbone(x)
        for i, dec in enumerate(self.dec):
            y = functional.interpolate(y, scale_factor=2, mode="nearest")
            y = dec(torch.cat([maps[-1 - i], y], 1) if i < len(maps) else y)
        return self.out(y)


class Unpooling(AnySize):
    """SegNet, or with `hidden` the deconvolution network."""

    def __init__(self, convolutions, widths, hidden, classes):
        super().__init__(2 ** len(widths), 7 * 2 ** len(widths) if hidden else 0)
        self.features = make_layers([layer for width, count in zip(widths, convolutions) for layer in [width] * count + ["M"]], batch_norm=True)
        self.middle = nn.Sequential()
        if hidden:
            rows = {"fc6": nn.Conv2d(widths[-1], hidden, 7, bias=False), "norm6": nn.BatchNorm2d(hidden), "fc7": nn.Conv2d(hidden, hidden, 1, bias=False),
                    "norm7": nn.BatchNorm2d(hidden), "up6": nn.ConvTranspose2d(hidden, widths[-1], 7, bias=False), "norm_up6": nn.BatchNorm2d(widths[-1])}
            for name, layer in rows.items():
                self.middle.add_module(name, layer)
        self.up = nn.ModuleList()
        for group in reversed(range(len(widths))):
            row, results = nn.Sequential(), [widths[group]] * convolutions[group]
            if group:
                results[-1] = widths[group - 1]
            for result in results if group or hidden else results[:-1]:
                conv = nn.ConvTranspose2d(widths[group], result, 3, padding=1, bias=False) if hidden else nn.Conv2d(widths[group], result, 3, padding=1, bias=False)
                row.append(conv).append(nn.BatchNorm2d(result))
            self.up.append(row)
        self.score = nn.Conv2d(widths[0], classes, 1 if hidden else 3, padding=0 if hidden else 1)

    @staticmethod
    def rectified(row, x):
        for layer in row:
            x = layer(x)
            if isinstance(layer, nn.BatchNorm2d):
                x = x.relu()
        return x

    def logits(self, x):
        places = []
        for layer in self.features:
            if isinstance(layer, nn.MaxPool2d):
                x, indices = functional.max_pool2d(x, 2, return_indices=True)
                places.append(indices)
            else:
                x = nn.functional.relu(x) if isinstance(layer, nn.ReLU) else layer(x)
        x = self.rectified(self.middle, x)
        for row in self.up:
            x = self.rectified(row, functional.max_unpool2d(x, places.pop(), 2))
        return self.score(x)


class DeepLab(AnySize):
    """torchvision's DeepLabV3 on its ResNet-50 with other widths."""

    def __init__(self, widths, output_stride, width, rates, classes):
        super().__init__(output_stride)

        class Backbone(ResNet):
            def _make_layer(self, block, planes, blocks, stride=1, dilate=False):
                if planes == 64:
                    self.inplanes = widths[0]
                return super()._make_layer(block, widths[[64, 128, 256, 512].index(planes)], blocks, stride, dilate)

            def forward(self, x):
                x = self.maxpool(self.relu(self.bn1(self.conv1(x))))
                return {"out": self.layer4(self.layer3(self.layer2(self.layer1(x))))}

        backbone = Backbone(Bottleneck, [3, 4, 6, 3], replace_stride_with_dilation=[False, output_stride < 16, output_stride < 32])
        backbone.conv1, backbone.bn1, backbone.fc = nn.Conv2d(3, widths[0], 7, 2, 3, bias=False), nn.BatchNorm2d(widths[0]), nn.Identity()
        head = nn.Sequential(ASPP(4 * widths[3], rates, width), nn.Conv2d(width, width, 3, padding=1, bias=False), nn.BatchNorm2d(width), nn.ReLU(), nn.Conv2d(width, classes, 1))
        head[0].project[3].p = 0
        net = DeepLabV3(backbone, head, None)
        self.backbone, self.classifier = net.backbone, net.classifier
        self.net = [net]  # not a second time in the state

    def train(self, mode=True):
        self.net[0].train(mode)
        return super().train(mode)

    def logits(self, x):
        return self.net[0](x)["out"]


def case(name, net, input, classes, every=101, **options):
    lines = state_of(net, 3, classes)["state"]
    whole = outputs_of(name, net, input, classes, options=options, state=lines)
    return {**whole, "every": every, "logits": [float(f"{value:.12g}") for value in whole["logits"][::every]]}


def small_cases():
    def vgg(pooled):
        return VggFeatures(NARROW, pooled)

    narrow_vgg = {"name": "vgg16", "widths": NARROW, "pooled_maps": True}
    widths = [4, 6, 8, 10]
    narrow_resnet = {"name": "resnet18", "widths": widths}
    small = {"hidden": 16, "dropout": 0, "backbone": narrow_vgg}
    return [
        case("fcn8s", Fcn(vgg(True), [4, 3, 2], [2, 2, 8], 16, 3), [2, 64, 96, 3], 3, **small),
        case("fcn8s", Fcn(vgg(True), [4, 3, 2], [2, 2, 8], 16, 3), [1, 37, 50, 3], 3, **small),
        case("fcn16s", Fcn(vgg(True), [4, 3], [2, 16], 16, 3), [1, 64, 32, 3], 3, **small),
        case("fcn32s", Fcn(vgg(True), [4], [32], 16, 3), [1, 64, 32, 3], 3, **small),
        case("fcn8s", Fcn(resnet18_features(widths), [4, 3, 2], [2, 2, 8], 0, 4), [2, 64, 96, 3], 4, hidden=0, backbone=narrow_resnet),
        case("unet", UNet([6, 8, 12], 3), [2, 10, 13, 3], 3, widths=[6, 8, 12]),
        case("unet", UNet([4, 6, 8], 3, "valid", "none"), [2, 44, 48, 3], 3, widths=[4, 6, 8], border="valid", norm="none"),
        case("unet", UNet([4, 6, 8], 3, "valid", "batch", "bilinear"), [2, 46, 57, 3], 3, widths=[4, 6, 8], border="valid", up="bilinear"),
        case("unet", UNet([4, 6, 8], 2, "mirror", "group"), [1, 41, 36, 3], 2, widths=[4, 6, 8], border="mirror", norm="group"),
        case("unet-backbone", BackboneUNet(resnet18_features(widths), [2, 4, 8, 16, 32], 3, 8, 3), [2, 64, 96, 3], 3, backbone=narrow_resnet, decoder_width=3, most_decoder_width=8),
        case("unet-backbone", BackboneUNet(vgg(False), [1, 2, 4, 8, 16, 32], 3, 8, 3), [2, 64, 50, 3], 3,
             backbone={"name": "vgg16", "widths": NARROW}, decoder_width=3, most_decoder_width=8),
        case("segnet", Unpooling([2, 2, 3], [4, 6, 8], 0, 3), [2, 24, 13, 3], 3, convolutions=[2, 2, 3], widths=[4, 6, 8]),
        case("deconvnet", Unpooling([1, 2], [4, 6], 10, 3), [2, 32, 36, 3], 3, convolutions=[1, 2], widths=[4, 6], hidden=10),
        case("deeplabv3", DeepLab([3, 4, 5, 6], 8, 8, [2, 3, 5], 3), [2, 64, 45, 3], 3, pyramid_width=8, rates=[2, 3, 5], dropout=0,
             backbone={"name": "resnet50", "widths": [3, 4, 5, 6], "output_stride": 8}),
        case("deeplabv3", DeepLab([3, 4, 5, 6], 16, 8, [2, 3], 3), [2, 48, 64, 3], 3, pyramid_width=8, rates=[2, 3], dropout=0,
             backbone={"name": "resnet50", "widths": [3, 4, 5, 6], "output_stride": 16}),
    ]


def full_cases():
    wide = [64, 128, 256, 512, 512]
    return [
        case("fcn8s", Fcn(VggFeatures(wide, True), [4, 3, 2], [2, 2, 8], 4096, 21), [1, 64, 96, 3], 21, 1009, dropout=0),
        case("unet", UNet([64, 128, 256, 512, 1024], 2, "valid", "none"), [1, 188, 204, 3], 2, border="valid", norm="none"),
        case("segnet", Unpooling([2, 2, 3, 3, 3], wide, 0, 21), [1, 64, 96, 3], 21, 1009),
        case("deeplabv3", DeepLab([64, 128, 256, 512], 8, 256, [12, 24, 36], 21), [2, 64, 96, 3], 21, 1009, dropout=0),
    ]


def write(name, cases):
    text = ",\n".join(json.dumps(one) for one in cases)
    (FOLDER / name).write_text(f'{{"made_with": {json.dumps(MADE_WITH)}, "cases": [\n{text}\n]}}\n')


if __name__ == "__main__":
    if "full" in sys.argv[1:]:
        write("segmentation_networks_full.json", full_cases())
    else:
        write("segmentation_networks.json", small_cases())
