"""python -m engine --preview RECIPE: shows a recipe's training images before there is a run.

Prints one `Augmented` event. Data that is not on the disk is not downloaded for it.
"""

from __future__ import annotations

import sys
from pathlib import Path

from engine.protocol import events
from engine.recipes.recipe_building import read_recipe


def preview(file: Path, images: int = 32) -> int:
    """Print the first batch of the first epoch, as it is augmented. Returns the exit code.

    Raises UsageError and DataError as the start of a run would.
    """
    from engine.data.loaders.loader_choice import loader
    from engine.data.loading import load, load_at_once
    from engine.devices import device as devices
    from engine.devices import forward_pass
    from engine.inspection.pictures import augmented

    chosen = read_recipe(file)
    # No room: so a folder is streamed, and only a few of its images are decoded.
    dataset = load_at_once(load(chosen, room=0))
    source = loader(
        chosen, dataset, devices.choose("cpu"), forward_pass.MEMORY_FORMATS["contiguous"]
    )
    try:
        batch = next(source.batches(1))
    finally:
        source.close()
    shown = augmented(batch, dataset, images, epoch=1, step=0)
    sys.stdout.buffer.write(events.encode(shown) + b"\n")
    return 0
