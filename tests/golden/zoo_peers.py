"""Networks of the catalogue that torchvision does not have, written for PyTorch after the papers: for make_zoo_goldens.py only."""
from torch import nn
from torch.nn.functional import max_pool2d, relu
from torchvision.models.resnet import Bottleneck, ResNet
from torchvision.models.vision_transformer import VisionTransformer
from torchvision.ops import SqueezeExcitation


class LinearClassifier(nn.Module):
    def __init__(self, values, classes):
        super().__init__()
        self.fc = nn.Linear(values, classes)

    def forward(self, x):
        return self.fc(x.flatten(1))


class Flattened(nn.Sequential):
    """A row of layers on the values of an image."""

    def forward(self, x):
        return super().forward(x.flatten(1))


def mlp(values, hidden, classes):
    layers, inputs = [], values
    for units in hidden:
        layers += [nn.Linear(inputs, units), nn.ReLU(), nn.Dropout(0)]
        inputs = units
    return Flattened(*layers, nn.Linear(inputs, classes))


class Features(nn.Module):
    """A row `features`, the global average, and `classifier` if there is one."""

    def __init__(self, features, classifier=None):
        super().__init__()
        self.features = features
        if classifier is not None:
            self.classifier = classifier

    def forward(self, x):
        x = self.features(x).mean((2, 3))
        return self.classifier(x) if hasattr(self, "classifier") else x


def nin(channels, classes):
    def convolution(inputs, outputs, kernel):
        return [nn.Conv2d(inputs, outputs, kernel, padding=kernel // 2), nn.ReLU()]

    return Features(nn.Sequential(
        *convolution(channels, 192, 5), *convolution(192, 160, 1), *convolution(160, 96, 1), nn.MaxPool2d(3, 2, ceil_mode=True), nn.Dropout(0.5),
        *convolution(96, 192, 5), *convolution(192, 192, 1), *convolution(192, 192, 1), nn.AvgPool2d(3, 2, ceil_mode=True), nn.Dropout(0.5),
        *convolution(192, 192, 3), *convolution(192, 192, 1), *convolution(192, classes, 1)))


class PreactBlock(nn.Module):
    def __init__(self, inputs, width, stride, bottleneck):
        super().__init__()
        outputs = 4 * width if bottleneck else width
        plan = [(inputs, width, 1, 1), (width, width, 3, stride), (width, outputs, 1, 1)] if bottleneck else [(inputs, width, 3, stride), (width, width, 3, 1)]
        for i, (a, b, kernel, step) in enumerate(plan, 1):
            setattr(self, f"bn{i}", nn.BatchNorm2d(a))
            setattr(self, f"conv{i}", nn.Conv2d(a, b, kernel, step, kernel // 2, bias=False))
        self.count = len(plan)
        if stride != 1 or inputs != outputs:
            self.downsample = nn.Conv2d(inputs, outputs, 1, stride, bias=False)

    def forward(self, x):
        first = relu(self.bn1(x))
        y = self.conv1(first)
        for i in range(2, self.count + 1):
            y = getattr(self, f"conv{i}")(relu(getattr(self, f"bn{i}")(y)))
        return y + (self.downsample(first) if hasattr(self, "downsample") else x)


class PreactResNet(nn.Module):
    def __init__(self, blocks, widths, stem, classes, bottleneck=False, small=False):
        super().__init__()
        self.small = small
        self.conv1 = nn.Conv2d(3, stem, 3, 1, 1, bias=False) if small else nn.Conv2d(3, stem, 7, 2, 3, bias=False)
        inputs = stem
        for i, (count, width) in enumerate(zip(blocks, widths)):
            layer = []
            for j in range(count):
                layer.append(PreactBlock(inputs, width, 2 if i and not j else 1, bottleneck))
                inputs = 4 * width if bottleneck else width
            setattr(self, f"layer{i + 1}", nn.Sequential(*layer))
        self.stages = len(blocks)
        self.norm = nn.BatchNorm2d(inputs)
        self.fc = nn.Linear(inputs, classes)

    def forward(self, x):
        x = self.conv1(x)
        if not self.small:
            x = max_pool2d(x, 3, 2, 1)
        for i in range(self.stages):
            x = getattr(self, f"layer{i + 1}")(x)
        return self.fc(relu(self.norm(x)).mean((2, 3)))


def convolution_norm(inputs, outputs, kernel, stride=1, groups=1):
    return nn.Sequential(nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2, groups=groups, bias=False), nn.BatchNorm2d(outputs), nn.ReLU())


def mobilenet_v1(classes):
    plan = [(32, 64, 1), (64, 128, 2), (128, 128, 1), (128, 256, 2), (256, 256, 1), (256, 512, 2), *[(512, 512, 1)] * 5, (512, 1024, 2), (1024, 1024, 1)]
    rows = [nn.Sequential(convolution_norm(a, a, 3, stride, a), convolution_norm(a, b, 1)) for a, b, stride in plan]
    return Features(nn.Sequential(convolution_norm(3, 32, 3, 2), *rows), nn.Linear(1024, classes))


def leaky_convolution(inputs, outputs, kernel, stride=1):
    return nn.Sequential(nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2, bias=False), nn.BatchNorm2d(outputs), nn.LeakyReLU(0.1))


class Darknet19(nn.Module):
    def __init__(self, classes):
        super().__init__()
        rows, inputs = [], 3
        for group in ([32], [64], [128, 64, 128], [256, 128, 256], [512, 256, 512, 256, 512], [1024, 512, 1024, 512, 1024]):
            if rows:
                rows.append(nn.MaxPool2d(2))
            for i, width in enumerate(group):
                rows.append(leaky_convolution(inputs, width, 1 if i % 2 else 3))
                inputs = width
        self.features, self.classifier = nn.Sequential(*rows), nn.Conv2d(inputs, classes, 1)

    def forward(self, x):
        return self.classifier(self.features(x)).mean((2, 3))


class DarknetBlock(nn.Sequential):
    def __init__(self, channels):
        super().__init__(leaky_convolution(channels, channels // 2, 1), leaky_convolution(channels // 2, channels, 3))

    def forward(self, x):
        return x + super().forward(x)


def darknet53(classes):
    rows, channels = [leaky_convolution(3, 32, 3)], 32
    for blocks in (1, 2, 8, 8, 4):
        rows += [leaky_convolution(channels, 2 * channels, 3, 2)] + [DarknetBlock(2 * channels) for _ in range(blocks)]
        channels *= 2
    return Features(nn.Sequential(*rows), nn.Linear(channels, classes))


class SqueezeExciteBottleneck(Bottleneck):
    def __init__(self, inplanes, planes, *more, **options):
        super().__init__(inplanes, planes, *more, **options)
        self.se = SqueezeExcitation(4 * planes, 4 * planes // 16)

    def forward(self, x):
        y = relu(self.bn1(self.conv1(x)))
        y = self.se(self.bn3(self.conv3(relu(self.bn2(self.conv2(y))))))
        return relu(y + (x if self.downsample is None else self.downsample(x)))


def se_resnet50(classes):
    return ResNet(SqueezeExciteBottleneck, [3, 4, 6, 3], num_classes=classes)


class FullyConnected(nn.Module):
    """A row `features`, flattened, and the three layers of AlexNet and VGG."""

    def __init__(self, features, values, hidden, classes):
        super().__init__()
        self.features = features
        self.classifier = nn.Sequential(nn.Linear(values, hidden), nn.ReLU(), nn.Dropout(0), nn.Linear(hidden, hidden), nn.ReLU(), nn.Dropout(0),
                                        nn.Linear(hidden, classes))

    def forward(self, x):
        return self.classifier(self.features(x).flatten(1))


def alexnet_2012(groups, classes, hidden=4096):
    """`groups` of the second, third, fourth and fifth convolution."""
    def norm():
        return nn.LocalResponseNorm(5, alpha=5e-4, beta=0.75, k=2)  # torch divides alpha by the size

    second, third, fourth, fifth = groups
    return FullyConnected(nn.Sequential(
        nn.Conv2d(3, 96, 11, 4), nn.ReLU(), norm(), nn.MaxPool2d(3, 2),
        nn.Conv2d(96, 256, 5, padding=2, groups=second), nn.ReLU(), norm(), nn.MaxPool2d(3, 2),
        nn.Conv2d(256, 384, 3, padding=1, groups=third), nn.ReLU(), nn.Conv2d(384, 384, 3, padding=1, groups=fourth), nn.ReLU(),
        nn.Conv2d(384, 256, 3, padding=1, groups=fifth), nn.ReLU(), nn.MaxPool2d(3, 2)), 9216, hidden, classes)


def zfnet(classes, hidden=4096):
    def norm():
        return nn.LocalResponseNorm(5, alpha=5e-4, beta=0.75, k=2)

    return FullyConnected(nn.Sequential(
        nn.Conv2d(3, 96, 7, 2, 1), nn.ReLU(), nn.MaxPool2d(3, 2, ceil_mode=True), norm(),
        nn.Conv2d(96, 256, 5, 2), nn.ReLU(), nn.MaxPool2d(3, 2, ceil_mode=True), norm(),
        nn.Conv2d(256, 384, 3, padding=1), nn.ReLU(), nn.Conv2d(384, 384, 3, padding=1), nn.ReLU(),
        nn.Conv2d(384, 256, 3, padding=1), nn.ReLU(), nn.MaxPool2d(3, 2)), 9216, hidden, classes)


def vit(width, heads, classes, image_size=224):
    """torchvision's VisionTransformer with patches of 16x16 and 12 layers."""
    return VisionTransformer(image_size=image_size, patch_size=16, num_layers=12, num_heads=heads, hidden_dim=width, mlp_dim=4 * width, num_classes=classes)
