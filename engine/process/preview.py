"""python -m engine --preview RECIPE: a look at a recipe's training images before there is a run.

Prints one `Augmented` event. Where the data is not on the disk it is not downloaded for a look.
"""

from __future__ import annotations

import sys
from pathlib import Path

from engine.protocol import events
from engine.recipes.recipe_building import build_recipe
from engine.recipes.recipe_toml import read_fields


def preview(file: Path, images: int = 32) -> int:
    """Load the data, take the first batch of the first epoch, print it. Returns the exit code.

    Raises UsageError and DataError as the start of a run would.
    """
    from engine.data.loaders.loader_choice import loader
    from engine.data.loading import load, load_at_once
    from engine.devices import device as devices
    from engine.inspection.pictures import augmented

    chosen = build_recipe(file=read_fields(file))
    # A folder is streamed, for a few images are enough.
    dataset = load_at_once(load(chosen, room=0))
    source = loader(chosen, dataset, devices.choose("cpu"), devices.MEMORY_FORMATS["contiguous"])
    try:
        batch = next(source.batches(1))
    finally:
        source.close()
    shown = augmented(batch, dataset, images, epoch=1, step=0)
    sys.stdout.buffer.write(events.encode(shown) + b"\n")
    return 0
