"""Every architecture of the catalogue, and some of libraries, in every format."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.catalog.architectures import ARCHITECTURES
from engine.export import export_formats, file_check, network_export
from engine.export.checked_images import random_pixels
from engine.export.deployment import Deployment
from engine.models.registry import DEFINITIONS
from tests.trained_networks import network_of

pytest.importorskip("onnxruntime")

pytestmark = pytest.mark.soak
OTHERS = ("torchvision/regnet_y_400mf", "torchvision/shufflenet_v2_x0_5", "timm/resnet10t")


@pytest.mark.parametrize("arch", [*ARCHITECTURES, *OTHERS])
def test_it_computes_the_same_in_every_format(arch: str, tmp_path: Path) -> None:
    size = max(32, DEFINITIONS[arch].smallest) if arch in DEFINITIONS else 64
    network = network_of(arch, size=size)
    pixels = random_pixels(network)[:4]
    for name in export_formats.PACKAGES:
        deployment = Deployment(network, name not in export_formats.WITH_COMPUTATION)
        checked = network_export.write_and_check(name, tmp_path / name, deployment, pixels)
        assert checked.difference < file_check.TOLERANCE / 10
