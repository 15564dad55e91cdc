"""The networks whose training is compared, as torch modules. Names are those of `fovea benchmark --model`."""
import torch
import torch.nn as nn
import torch.nn.functional as F


def lenet5_classic(classes):
    """28x28x1; 6, 16, 120, 84 (LeCun et al. 1998 with ReLU and max pooling)."""
    return nn.Sequential(nn.Conv2d(1, 6, 5, padding=2), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(6, 16, 5), nn.ReLU(), nn.MaxPool2d(2),
                         nn.Flatten(), nn.Linear(400, 120), nn.ReLU(), nn.Linear(120, 84), nn.ReLU(), nn.Linear(84, classes))


class BasicBlock(nn.Module):
    def __init__(self, channels_in, channels, stride):
        super().__init__()
        self.conv1, self.bn1 = nn.Conv2d(channels_in, channels, 3, stride, 1, bias=False), nn.BatchNorm2d(channels)
        self.conv2, self.bn2 = nn.Conv2d(channels, channels, 3, 1, 1, bias=False), nn.BatchNorm2d(channels)
        self.shortcut = nn.Identity()
        if stride != 1 or channels_in != channels:
            self.shortcut = nn.Sequential(nn.Conv2d(channels_in, channels, 1, stride, bias=False), nn.BatchNorm2d(channels))

    def forward(self, x):
        y = F.relu(self.bn1(self.conv1(x)), inplace=True)
        return F.relu(self.bn2(self.conv2(y)) + self.shortcut(x), inplace=True)


def resnet18_cifar(classes):
    """ResNet-18 for 32x32: 3x3 stem, no pooling before the blocks (He et al. 2016, with the widths of ResNet-18)."""
    layers, channels_in = [nn.Conv2d(3, 64, 3, 1, 1, bias=False), nn.BatchNorm2d(64), nn.ReLU(inplace=True)], 64
    for channels, stride in ((64, 1), (64, 1), (128, 2), (128, 1), (256, 2), (256, 1), (512, 2), (512, 1)):
        layers.append(BasicBlock(channels_in, channels, stride))
        channels_in = channels
    return nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(512, classes))


def resnet50(classes):
    import torchvision

    return torchvision.models.resnet50(num_classes=classes)


def double_conv(channels_in, channels):
    layers = []
    for c in (channels_in, channels):
        layers += [nn.Conv2d(c, channels, 3, padding=1, bias=False), nn.BatchNorm2d(channels), nn.ReLU(inplace=True)]
    return nn.Sequential(*layers)


class UNet(nn.Module):
    """64, 128, 256, 512, 1024; padded convolutions with batch norm, 2x2 transposed convolutions going up (Ronneberger et al. 2015)."""

    def __init__(self, classes, widths=(64, 128, 256, 512, 1024)):
        super().__init__()
        upward = list(zip(widths[:0:-1], widths[-2::-1]))
        self.down = nn.ModuleList([double_conv(a, b) for a, b in zip((3, *widths), widths)])
        self.up = nn.ModuleList([nn.ConvTranspose2d(a, b, 2, 2) for a, b in upward])
        self.merge = nn.ModuleList([double_conv(a, b) for a, b in upward])
        self.out = nn.Conv2d(widths[0], classes, 1)

    def forward(self, x):
        skips = []
        for i, down in enumerate(self.down):
            x = down(F.max_pool2d(x, 2) if i else x)
            skips.append(x)
        for up, merge, skip in zip(self.up, self.merge, skips[-2::-1]):
            x = merge(torch.cat([skip, up(x)], 1))
        return self.out(x)


NETWORKS = {"lenet5-classic": (lenet5_classic, 1), "resnet18-cifar": (resnet18_cifar, 3), "resnet50": (resnet50, 3), "unet": (UNet, 3)}


def make(name, classes):
    """The module in training mode, and its input channels."""
    torch.manual_seed(0)
    network, channels = NETWORKS[name]
    return network(classes).train(), channels
