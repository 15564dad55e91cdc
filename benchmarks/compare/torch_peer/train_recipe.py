"""A recipe of fovea's trained with torch: the residual network for small images on folders of classes, with flips, padded crops, SGD with
momentum, a cosine with warm-up, and averaged weights. Prints one JSON line. Threads by OMP_NUM_THREADS."""
import argparse
import json
import math
import pathlib
import random
import time

import numpy
import torch
import torch.nn as nn
import torch.nn.functional as F
from PIL import Image

from networks import BasicBlock

KNOWN = {"model", "epochs", "batch", "optimizer", "learning_rate", "momentum", "nesterov", "weight_decay", "schedule", "warmup_epochs",
         "augment", "ema_decay", "seed"}


def resnet_mini(classes):
    """widths 32, 64, 128, a block each (He et al. 2016, section 4.2)."""
    return nn.Sequential(nn.Conv2d(3, 32, 3, 1, 1, bias=False), nn.BatchNorm2d(32), nn.ReLU(inplace=True), BasicBlock(32, 32, 1),
                         BasicBlock(32, 64, 2), BasicBlock(64, 128, 2), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(128, classes))


def read_split(folder):
    """[N,3,H,W] bytes and classes, in the order of the names."""
    classes = sorted(path.name for path in folder.iterdir())
    images, labels = [], []
    for label, name in enumerate(classes):
        for path in sorted((folder / name).iterdir()):
            images.append(numpy.asarray(Image.open(path).convert("RGB")).transpose(2, 0, 1))
            labels.append(label)
    return torch.from_numpy(numpy.stack(images)), torch.tensor(labels), len(classes)


def augmented(images, draw):
    """Each mirrored with probability 1/2, padded with black by an eighth and cut out at a random place."""
    size, pad = images.shape[-1], images.shape[-1] // 8
    padded = F.pad(images, (pad,) * 4)
    result = torch.empty_like(images)
    for i in range(len(images)):
        y, x = draw.randint(0, 2 * pad), draw.randint(0, 2 * pad)
        crop = padded[i, :, y:y + size, x:x + size]
        result[i] = crop.flip(2) if draw.random() < 0.5 else crop
    return result


def rate_at(step, steps, warmup, peak):
    if step < warmup:
        return peak * (step + 1) / warmup
    return peak * 0.5 * (1 + math.cos(math.pi * (step - warmup) / max(1, steps - warmup)))


@torch.no_grad()
def accuracy(network, images, labels, normalise):
    network.eval()
    found = torch.cat([network(normalise(images[i:i + 250])).argmax(1) for i in range(0, len(images), 250)])
    return float((found == labels).float().mean())


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--recipe", required=True)
    parser.add_argument("--data", required=True, help="a folder with train/ and val/, each with a folder per class")
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--epochs", type=int)
    flags = parser.parse_args()
    recipe = json.loads(pathlib.Path(flags.recipe).read_text())
    assert set(recipe) <= KNOWN and recipe["model"] == "resnet-mini" and recipe["optimizer"] == "sgd" and recipe["schedule"] == "cosine"
    assert recipe["augment"] == ["flip", "crop"]
    epochs = flags.epochs or recipe["epochs"]
    torch.manual_seed(flags.seed)
    draw = random.Random(flags.seed)
    train, train_labels, classes = read_split(pathlib.Path(flags.data) / "train")
    val, val_labels, _ = read_split(pathlib.Path(flags.data) / "val")
    scaled = train.float() / 255
    mean, deviation = (scaled.mean((0, 2, 3)).view(1, 3, 1, 1), scaled.std((0, 2, 3)).view(1, 3, 1, 1))
    normalise = lambda images: ((images.float() / 255 - mean) / deviation).to(memory_format=torch.channels_last)

    network = resnet_mini(classes).to(memory_format=torch.channels_last)
    averaged = resnet_mini(classes).to(memory_format=torch.channels_last)
    averaged.load_state_dict(network.state_dict())
    weights = [p for p in network.parameters() if p.dim() > 1]
    others = [p for p in network.parameters() if p.dim() <= 1]
    optimizer = torch.optim.SGD([{"params": weights, "weight_decay": recipe["weight_decay"]}, {"params": others, "weight_decay": 0}],
                                lr=recipe["learning_rate"], momentum=recipe["momentum"], nesterov=recipe["nesterov"])
    per_epoch = math.ceil(len(train) / recipe["batch"])
    steps, step = epochs * per_epoch, 0
    start = time.time()
    for _ in range(epochs):
        network.train()
        order = torch.randperm(len(train))
        for begin in range(0, len(train), recipe["batch"]):
            chosen = order[begin:begin + recipe["batch"]]
            for group in optimizer.param_groups:
                group["lr"] = rate_at(step, steps, recipe["warmup_epochs"] * per_epoch, recipe["learning_rate"])
            optimizer.zero_grad()
            F.cross_entropy(network(normalise(augmented(train[chosen], draw))), train_labels[chosen]).backward()
            optimizer.step()
            step += 1
            decay = min(recipe["ema_decay"], step / (9 + step))
            with torch.no_grad():
                for average, weight in zip(averaged.parameters(), network.parameters()):
                    average.lerp_(weight, 1 - decay)
        for average, buffer in zip(averaged.buffers(), network.buffers()):
            average.copy_(buffer)
    print(json.dumps({"val_top1": accuracy(averaged, val, val_labels, normalise), "raw_val_top1": accuracy(network, val, val_labels, normalise),
                      "seconds": time.time() - start}))


main()
