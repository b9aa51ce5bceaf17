"""Facts on the architectures, for the picker and the checks; loads no torch.

A test holds the numbers against the models as built. `top5_error` is the headline figure of the
paper, mostly of several models together; `top1` is what torchvision publishes for its first
weights (IMAGENET1K_V1).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

import msgspec

from engine.catalog import stages
from engine.catalog.stages import Stage

# Up to so many pixels what was made for ImageNet has a form of its own.
LARGEST_SMALL_IMAGE = 64


class Counts(msgspec.Struct, frozen=True):
    """Exact counts for images of 3×size×size and so many classes.

    `per_channel` and `per_class` are the parameters and multiply-accumulates that one more of
    these adds, among 1 or 3 channels and any number of classes.
    """

    size: int
    classes: int
    parameters: int
    macs: int
    per_channel: tuple[int, int]
    per_class: tuple[int, int]


class Architecture(msgspec.Struct, frozen=True, kw_only=True):
    """An architecture by its key.

    `depth` counts the convolutions and linear layers from image to logits; `small` are the
    counts for 3×32×32 and 10 classes, `large` those of the form above 64 pixels, where there is
    one, for 3×224×224 and 1,000 classes. `adjusts` names the recipe fields that change it;
    `per_place` are the parameters that each place of the map below its linear layers has, where
    the map is not brought to one size.
    """

    key: str
    title: str
    family: str
    year: int
    depth: int
    small: Counts
    large: Counts | None = None
    top5_error: float | None = None
    top1: float | None = None
    adjusts: tuple[str, ...] = ()
    per_place: int = 0
    new: str
    stages: tuple[Stage, ...]

    @property
    def parameters(self) -> int:
        return self.small.parameters

    @property
    def macs(self) -> int:
        return self.small.macs


class Estimate(NamedTuple):
    """A count, and whether it is exact or about right."""

    value: int
    exact: bool


def parameters(key: str, channels: int, size: int, classes: int) -> Estimate:
    """The parameters for images of channels×size×size, 1 or 3 channels, and so many classes.

    Exact for every size, in the architecture's own style.
    """
    facts = ARCHITECTURES[key]
    known = _nearest(facts, size)
    value = known.parameters + known.per_channel[0] * (channels - 3)
    value += known.per_class[0] * (classes - known.classes)
    value += facts.per_place * (_places(size) - _places(known.size))
    return Estimate(value, True)


def macs(key: str, channels: int, size: int, classes: int) -> Estimate:
    """The multiply-accumulates for one such image; they grow with its area, but for the head's."""
    known = _nearest(ARCHITECTURES[key], size)
    trunk = known.macs + known.per_channel[1] * (channels - 3) - known.per_class[1] * known.classes
    value = trunk * size**2 // known.size**2 + known.per_class[1] * classes
    return Estimate(value, size == known.size)


def _places(size: int) -> int:
    """What two strides of 2 and a pooling of 4×4 leave, 4 places of 32 pixels."""
    return (-(-size // 4) // 4) ** 2


def _nearest(facts: Architecture, size: int) -> Counts:
    return facts.large if facts.large and size > LARGEST_SMALL_IMAGE else facts.small


def adjustable(arch: str, field: str) -> bool:
    """Whether this field of a recipe, act, bn or dropout, changes the architecture."""
    return arch in ARCHITECTURES and field in ARCHITECTURES[arch].adjusts


def has_weights(arch: str) -> bool:
    """Whether torchvision has weights of the architecture, trained on ImageNet."""
    known = ARCHITECTURES.get(arch)
    return known.top1 is not None if known else arch.startswith("torchvision/")


def families(of: Iterable[Architecture]) -> list[str]:
    """The families of these architectures, each once."""
    return list(dict.fromkeys(architecture.family for architecture in of))


_ALL = ("act", "bn", "dropout")
_STACKED = "small stacked 3×3 kernels, one uniform structure"
_STACKED_BN = "VGG with batch normalisation, which lets it learn at once"
_RESIDUAL = "residual blocks: F(x) + x"
_BOTTLENECK = "residual bottlenecks: 1×1, 3×3, 1×1"
_CIFAR = "residual blocks for small images, shortcuts without parameters"
_PLAIN = "the same layers without shortcuts: what the shortcut cures"

ARCHITECTURES: Mapping[str, Architecture] = {
    a.key: a
    for a in (
        Architecture(
            key="lenet5",
            title="LeNet-5",
            family="LeNet",
            year=1998,
            depth=5,
            small=Counts(32, 10, 62_006, 651_720, (150, 117_600), (85, 84)),
            adjusts=_ALL,
            new="the CNN itself: convolution, pooling, fully connected",
            stages=stages.LENET,
        ),
        Architecture(
            key="alexnet",
            title="AlexNet",
            family="AlexNet",
            year=2012,
            depth=8,
            small=Counts(32, 10, 28_515_146, 157_675_520, (576, 589_824), (4_097, 4_096)),
            large=Counts(224, 1_000, 61_100_840, 714_188_480, (7_744, 23_425_600), (4_097, 4_096)),
            top5_error=0.153,
            top1=0.56522,
            adjusts=("dropout",),
            new="ReLU, dropout, augmentation, two GPUs",
            stages=stages.ALEXNET,
        ),
        Architecture(
            key="vgg11",
            title="VGG-11",
            family="VGG",
            year=2014,
            depth=11,
            small=Counts(32, 10, 9_225_610, 152_769_536, (576, 589_824), (513, 512)),
            large=Counts(224, 1_000, 132_863_336, 7_609_090_048, (576, 28_901_376), (4_097, 4_096)),
            top1=0.6902,
            adjusts=("dropout",),
            new=_STACKED,
            stages=stages.vgg((1, 1, 2, 2, 2)),
        ),
        Architecture(
            key="vgg11-bn",
            title="VGG-11 with BN",
            family="VGG",
            year=2014,
            depth=11,
            small=Counts(32, 10, 9_231_114, 152_769_536, (576, 589_824), (513, 512)),
            large=Counts(224, 1_000, 132_868_840, 7_609_090_048, (576, 28_901_376), (4_097, 4_096)),
            top1=0.7037,
            adjusts=("dropout",),
            new=_STACKED_BN,
            stages=stages.vgg((1, 1, 2, 2, 2)),
        ),
        Architecture(
            key="vgg13",
            title="VGG-13",
            family="VGG",
            year=2014,
            depth=13,
            small=Counts(32, 10, 9_410_122, 228_267_008, (576, 589_824), (513, 512)),
            large=Counts(
                224, 1_000, 133_047_848, 11_308_466_176, (576, 28_901_376), (4_097, 4_096)
            ),
            top1=0.69928,
            adjusts=("dropout",),
            new=_STACKED,
            stages=stages.vgg((2, 2, 2, 2, 2)),
        ),
        Architecture(
            key="vgg13-bn",
            title="VGG-13 with BN",
            family="VGG",
            year=2014,
            depth=13,
            small=Counts(32, 10, 9_416_010, 228_267_008, (576, 589_824), (513, 512)),
            large=Counts(
                224, 1_000, 133_053_736, 11_308_466_176, (576, 28_901_376), (4_097, 4_096)
            ),
            top1=0.71586,
            adjusts=("dropout",),
            new=_STACKED_BN,
            stages=stages.vgg((2, 2, 2, 2, 2)),
        ),
        Architecture(
            key="vgg16",
            title="VGG-16",
            family="VGG",
            year=2014,
            depth=16,
            small=Counts(32, 10, 14_719_818, 313_201_664, (576, 589_824), (513, 512)),
            large=Counts(
                224, 1_000, 138_357_544, 15_470_264_320, (576, 28_901_376), (4_097, 4_096)
            ),
            top5_error=0.073,
            top1=0.71592,
            adjusts=("dropout",),
            new=_STACKED,
            stages=stages.vgg((2, 2, 3, 3, 3)),
        ),
        Architecture(
            key="vgg16-bn",
            title="VGG-16 with BN",
            family="VGG",
            year=2014,
            depth=16,
            small=Counts(32, 10, 14_728_266, 313_201_664, (576, 589_824), (513, 512)),
            large=Counts(
                224, 1_000, 138_365_992, 15_470_264_320, (576, 28_901_376), (4_097, 4_096)
            ),
            top1=0.7336,
            adjusts=("dropout",),
            new=_STACKED_BN,
            stages=stages.vgg((2, 2, 3, 3, 3)),
        ),
        Architecture(
            key="vgg19",
            title="VGG-19",
            family="VGG",
            year=2014,
            depth=19,
            small=Counts(32, 10, 20_029_514, 398_136_320, (576, 589_824), (513, 512)),
            large=Counts(
                224, 1_000, 143_667_240, 19_632_062_464, (576, 28_901_376), (4_097, 4_096)
            ),
            top5_error=0.073,
            top1=0.72376,
            adjusts=("dropout",),
            new=_STACKED,
            stages=stages.vgg((2, 2, 4, 4, 4)),
        ),
        Architecture(
            key="vgg19-bn",
            title="VGG-19 with BN",
            family="VGG",
            year=2014,
            depth=19,
            small=Counts(32, 10, 20_040_522, 398_136_320, (576, 589_824), (513, 512)),
            large=Counts(
                224, 1_000, 143_678_248, 19_632_062_464, (576, 28_901_376), (4_097, 4_096)
            ),
            top1=0.74218,
            adjusts=("dropout",),
            new=_STACKED_BN,
            stages=stages.vgg((2, 2, 4, 4, 4)),
        ),
        Architecture(
            key="resnet18",
            title="ResNet-18",
            family="ResNet",
            year=2015,
            depth=18,
            small=Counts(32, 10, 11_173_962, 555_422_720, (576, 589_824), (513, 512)),
            large=Counts(224, 1_000, 11_689_512, 1_814_073_344, (3_136, 39_337_984), (513, 512)),
            top1=0.69758,
            new=_RESIDUAL,
            stages=stages.resnet((2, 2, 2, 2), "3×3, 3×3", 1),
        ),
        Architecture(
            key="resnet34",
            title="ResNet-34",
            family="ResNet",
            year=2015,
            depth=34,
            small=Counts(32, 10, 21_282_122, 1_159_402_496, (576, 589_824), (513, 512)),
            large=Counts(224, 1_000, 21_797_672, 3_663_761_408, (3_136, 39_337_984), (513, 512)),
            top1=0.73314,
            new=_RESIDUAL,
            stages=stages.resnet((3, 4, 6, 3), "3×3, 3×3", 1),
        ),
        Architecture(
            key="resnet50",
            title="ResNet-50",
            family="ResNet",
            year=2015,
            depth=50,
            small=Counts(32, 10, 23_520_842, 1_297_829_888, (576, 589_824), (2_049, 2_048)),
            large=Counts(
                224, 1_000, 25_557_032, 4_089_184_256, (3_136, 39_337_984), (2_049, 2_048)
            ),
            top5_error=0.036,
            top1=0.7613,
            new=_BOTTLENECK,
            stages=stages.resnet((3, 4, 6, 3), "1×1, 3×3, 1×1", 4),
        ),
        Architecture(
            key="resnet101",
            title="ResNet-101",
            family="ResNet",
            year=2015,
            depth=101,
            small=Counts(32, 10, 42_512_970, 2_509_983_744, (576, 589_824), (2_049, 2_048)),
            large=Counts(
                224, 1_000, 44_549_160, 7_801_405_440, (3_136, 39_337_984), (2_049, 2_048)
            ),
            top1=0.77374,
            new=_BOTTLENECK,
            stages=stages.resnet((3, 4, 23, 3), "1×1, 3×3, 1×1", 4),
        ),
        Architecture(
            key="resnet152",
            title="ResNet-152",
            family="ResNet",
            year=2015,
            depth=152,
            small=Counts(32, 10, 58_156_618, 3_722_137_600, (576, 589_824), (2_049, 2_048)),
            large=Counts(
                224, 1_000, 60_192_808, 11_513_626_624, (3_136, 39_337_984), (2_049, 2_048)
            ),
            top5_error=0.0357,
            top1=0.78312,
            new=_BOTTLENECK,
            stages=stages.resnet((3, 8, 36, 3), "1×1, 3×3, 1×1", 4),
        ),
        Architecture(
            key="resnet20",
            title="ResNet-20",
            family="CIFAR ResNet",
            year=2015,
            depth=20,
            small=Counts(32, 10, 269_722, 40_551_040, (144, 147_456), (65, 64)),
            adjusts=_ALL,
            new=_CIFAR,
            stages=stages.cifar(3),
        ),
        Architecture(
            key="resnet32",
            title="ResNet-32",
            family="CIFAR ResNet",
            year=2015,
            depth=32,
            small=Counts(32, 10, 464_154, 68_862_592, (144, 147_456), (65, 64)),
            adjusts=_ALL,
            new=_CIFAR,
            stages=stages.cifar(5),
        ),
        Architecture(
            key="resnet44",
            title="ResNet-44",
            family="CIFAR ResNet",
            year=2015,
            depth=44,
            small=Counts(32, 10, 658_586, 97_174_144, (144, 147_456), (65, 64)),
            adjusts=_ALL,
            new=_CIFAR,
            stages=stages.cifar(7),
        ),
        Architecture(
            key="resnet56",
            title="ResNet-56",
            family="CIFAR ResNet",
            year=2015,
            depth=56,
            small=Counts(32, 10, 853_018, 125_485_696, (144, 147_456), (65, 64)),
            adjusts=_ALL,
            new=_CIFAR,
            stages=stages.cifar(9),
        ),
        Architecture(
            key="resnet110",
            title="ResNet-110",
            family="CIFAR ResNet",
            year=2015,
            depth=110,
            small=Counts(32, 10, 1_727_962, 252_887_680, (144, 147_456), (65, 64)),
            adjusts=_ALL,
            new=_CIFAR,
            stages=stages.cifar(18),
        ),
        Architecture(
            key="plain20",
            title="plain-20",
            family="plain",
            year=2015,
            depth=20,
            small=Counts(32, 10, 269_722, 40_551_040, (144, 147_456), (65, 64)),
            adjusts=_ALL,
            new=_PLAIN,
            stages=stages.cifar(3),
        ),
        Architecture(
            key="plain32",
            title="plain-32",
            family="plain",
            year=2015,
            depth=32,
            small=Counts(32, 10, 464_154, 68_862_592, (144, 147_456), (65, 64)),
            adjusts=_ALL,
            new=_PLAIN,
            stages=stages.cifar(5),
        ),
        Architecture(
            key="plain44",
            title="plain-44",
            family="plain",
            year=2015,
            depth=44,
            small=Counts(32, 10, 658_586, 97_174_144, (144, 147_456), (65, 64)),
            adjusts=_ALL,
            new=_PLAIN,
            stages=stages.cifar(7),
        ),
        Architecture(
            key="plain56",
            title="plain-56",
            family="plain",
            year=2015,
            depth=56,
            small=Counts(32, 10, 853_018, 125_485_696, (144, 147_456), (65, 64)),
            adjusts=_ALL,
            new=_PLAIN,
            stages=stages.cifar(9),
        ),
        Architecture(
            key="plain110",
            title="plain-110",
            family="plain",
            year=2015,
            depth=110,
            small=Counts(32, 10, 1_727_962, 252_887_680, (144, 147_456), (65, 64)),
            adjusts=_ALL,
            new=_PLAIN,
            stages=stages.cifar(18),
        ),
        Architecture(
            key="mobilenet-v2",
            title="MobileNetV2",
            family="MobileNet",
            year=2018,
            depth=53,
            small=Counts(32, 10, 2_236_682, 87_976_448, (288, 294_912), (1_281, 1_280)),
            large=Counts(224, 1_000, 3_504_872, 300_774_272, (288, 3_612_672), (1_281, 1_280)),
            top1=0.71878,
            adjusts=("dropout",),
            new="inverted residuals with depthwise convolutions, linear bottlenecks",
            stages=stages.MOBILENET,
        ),
        Architecture(
            key="efficientnet-b0",
            title="EfficientNet-B0",
            family="EfficientNet",
            year=2019,
            depth=50,
            small=Counts(32, 10, 4_020_358, 116_167_168, (288, 294_912), (1_281, 1_280)),
            large=Counts(224, 1_000, 5_288_548, 385_814_752, (288, 3_612_672), (1_281, 1_280)),
            top1=0.77692,
            adjusts=("dropout",),
            new="depth, width and image size scaled together",
            stages=stages.EFFICIENTNET,
        ),
        Architecture(
            key="convnext-tiny",
            title="ConvNeXt-T",
            family="ConvNeXt",
            year=2022,
            depth=59,
            small=Counts(32, 10, 27_824_362, 362_777_088, (384, 98_304), (769, 768)),
            large=Counts(224, 1_000, 28_589_128, 4_455_531_264, (1_536, 4_816_896), (769, 768)),
            top1=0.8252,
            new="a CNN with the design of a vision transformer",
            stages=stages.CONVNEXT,
        ),
        Architecture(
            key="speednet",
            title="speed net",
            family="speed net",
            year=2024,
            depth=8,
            small=Counts(32, 10, 1_972_792, 118_147_360, (4_744, 4_551_296), (256, 256)),
            adjusts=("act",),
            new="94 % on CIFAR-10 in seconds: whitened patches, identity at first",
            stages=stages.SPEEDNET,
        ),
        Architecture(
            key="article-resnet",
            title="article ResNet",
            family="article ResNet",
            year=2025,
            depth=15,
            small=Counts(32, 10, 830_858, 105_875_968, (288, 294_912), (257, 256)),
            adjusts=_ALL,
            per_place=128 * 256,
            new="a small residual net from a Keras tutorial",
            stages=stages.ARTICLE,
        ),
    )
}
