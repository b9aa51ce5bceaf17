"""Whether a GPU computes the losses of a CPU: eager, replayed and compiled.

For the part `correct` of benchmarks/gpu.py.
"""

from __future__ import annotations

import time
from typing import Any

import torch

from benchmarks.gpu_loops import CLASSES, SIDE, Bench, checked
from engine import numbers, text
from engine.data.base.dataset import Dataset, Images
from engine.data.decoding.image_format import ImageFormat
from engine.devices import device_resolution
from engine.models import registry
from engine.models.layer_options import LayerOptions
from engine.protocol import events
from engine.recipes.recipe_building import build_recipe
from engine.training.trainer import Trainer

# Sums are taken in another order, so at a high learning rate the losses would soon drift apart.
STEPS, CHECKED_BATCH, TOLERANCE = 8, 64, 5e-3
WAYS = ("eager", "replayed", "compiled")
# Only a GPU replays.
CPU_WAYS = ("eager", "compiled")
CHECKED = ("lenet5", "article-resnet")


def correct(bench: Bench, arch: str) -> dict[str, Any]:
    """Compare the losses of some steps in float32 with those of the CPU."""
    torch.backends.cudnn.allow_tf32 = False
    cpu = losses(arch, torch.device("cpu"), "eager")
    found: dict[str, Any] = {"losses on the CPU": cpu}
    for way in WAYS if bench.device.type == "cuda" else CPU_WAYS:
        try:
            here = losses(arch, bench.device, way)
        except Exception as error:  # noqa: BLE001 (a compiler may raise anything; measure the rest)
            found[way] = text.error_summary(error)
            print(f"correct   {arch:<15} {way:<9} FAILED: {found[way]}", flush=True)
            continue
        worst = max(abs(a - b) / abs(b) for a, b in zip(here, cpu, strict=True))
        right = worst <= TOLERANCE
        found[way] = {"losses": here, "largest difference": worst, "right": right}
        verdict = "right" if right else f"WRONG (≤ {TOLERANCE})"
        print(f"correct   {arch:<15} {way:<9} {worst:.1e} apart   {verdict}", flush=True)
    return found


def losses(arch: str, device: torch.device, way: str) -> list[float]:
    """The loss of each of some steps on one batch of random images, from the same weights."""
    chosen = build_recipe(
        settings={
            **{"epochs": STEPS, "batch": CHECKED_BATCH, "precision": "float32", "lr": 1e-3},
            **{"crop": 0, "flip": False, "dropout": 0.0, "threads": torch.get_num_threads()},
            **{"cuda_graph": "on" if way == "replayed" else "off"},
        },
        flags={"arch": arch, "data": "cifar10"},
    )
    torch.manual_seed(0)
    pixels = torch.randint(0, 256, (CHECKED_BATCH, 3, SIDE, SIDE), dtype=torch.uint8)
    images = Images(pixels, torch.randint(0, CLASSES, (CHECKED_BATCH,)))
    names = tuple(str(label) for label in range(CLASSES))
    form = ImageFormat(3, SIDE)
    data = Dataset(names, images, images, "test", (0.5,) * 3, (0.25,) * 3, form)
    model = registry.build(arch, 3, SIDE, CLASSES, LayerOptions(dropout=0.0))
    resolved = device_resolution.resolve(chosen, device, SIDE)
    trainer = Trainer(chosen, resolved, device, data, model, time.monotonic)
    if way == "compiled":
        trainer.compile()
    said = [checked(event) for event in trainer.run()]
    ended = [event for event in said if isinstance(event, events.EpochEnded)]
    return [numbers.number(each.train_loss) for each in ended]
