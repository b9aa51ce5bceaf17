"""python -m engine --preview RECIPE: shows a recipe's training images before there is a run.

Prints one `Augmented` event. Downloads no data.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

from engine.process.given_recipe import given_recipe
from engine.protocol import events


def preview(file: Path, images: int = 32) -> int:
    """Print the first batch of the first epoch, augmented. Returns the exit code.

    Raises UsageError and DataError like the start of a run.
    """
    from engine.data.loaders.loader_choice import loader
    from engine.data.loading import load, load_at_once
    from engine.devices import device as devices
    from engine.devices import forward_pass
    from engine.inspection.pictures import augmented

    os.environ["HF_HUB_OFFLINE"] = "1"
    recipe = given_recipe(file)
    # With no room in memory a folder is streamed, so that only a few of its images are decoded.
    dataset = load_at_once(load(recipe, room=0))
    source = loader(
        recipe, dataset, devices.choose("cpu"), forward_pass.MEMORY_FORMATS["contiguous"]
    )
    try:
        batch = next(source.batches(1))
    finally:
        source.close()
    shown = augmented(batch, dataset, images, epoch=1, step=0)
    sys.stdout.buffer.write(events.encode(shown) + b"\n")
    return 0
