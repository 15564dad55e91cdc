#!/usr/bin/env python3
"""Writes tests/zoo/tiny_alexnet.safetensors, the state dict of a torchvision AlexNet with few channels, with the lines that docs/weights.md gives
for Pythons without the safetensors package, and tiny_alexnet.json: {"made_with", "logits"} of the image that make_network_goldens.py
describes, [1,224,224,3], in evaluation mode, computed in f64.

Run by hand where torch and torchvision are installed (Debian: python3-torch, python3-torchvision)."""
import json
import pathlib
import struct

import torch
import torchvision
from torch import nn

from make_network_goldens import value_of

FOLDER = pathlib.Path(__file__).parent.parent / "zoo"
WIDTHS, HIDDEN, CLASSES = [4, 5, 6, 4, 3], 8, 7


def narrow_alexnet():
    net = torchvision.models.alexnet(num_classes=CLASSES)
    inputs = 3
    for index, width in zip((0, 3, 6, 8, 10), WIDTHS):
        old = net.features[index]
        net.features[index] = nn.Conv2d(inputs, width, old.kernel_size, old.stride, old.padding)
        inputs = width
    net.classifier[1], net.classifier[4], net.classifier[6] = nn.Linear(36 * inputs, HIDDEN), nn.Linear(HIDDEN, HIDDEN), nn.Linear(HIDDEN, CLASSES)
    return net


def write(network, path):
    state = {name: tensor.contiguous().numpy() for name, tensor in network.state_dict().items()}
    header, offset = {}, 0
    for name, array in state.items():
        header[name] = {"dtype": {"float32": "F32", "int64": "I64"}[str(array.dtype)], "shape": list(array.shape), "data_offsets": [offset, offset + array.nbytes]}
        offset += array.nbytes
    text = json.dumps(header).encode()
    open(path, "wb").write(struct.pack("<Q", len(text)) + text + b"".join(array.tobytes() for array in state.values()))


def main():
    torch.manual_seed(1)
    network = narrow_alexnet().eval()
    write(network, FOLDER / "tiny_alexnet.safetensors")
    with torch.no_grad():
        logits = network.double()(value_of("image", [1, 224, 224, 3]).permute(0, 3, 1, 2))
    made_with = f"make_torch_weights.py, torch {torch.__version__}, torchvision {torchvision.__version__}"
    (FOLDER / "tiny_alexnet.json").write_text(json.dumps({"made_with": made_with, "logits": logits[0].tolist()}) + "\n")


if __name__ == "__main__":
    main()
