"""Shows a recipe's training images before there is a run."""

from __future__ import annotations

from engine.data.loaders.loader_choice import loader
from engine.data.loading import load, load_at_once
from engine.devices import device as devices
from engine.devices import forward_pass
from engine.inspection.pictures import augmented
from engine.protocol import requests
from engine.protocol.events import Augmented


def preview(request: requests.Preview) -> Augmented:
    """The first images of the first epoch, augmented. Raises as the start of a run."""
    recipe = request.recipe
    # With no room in memory a folder is streamed, so that only a few of its images are decoded.
    dataset = load_at_once(load(recipe, room=0))
    source = loader(
        recipe, dataset, devices.choose("cpu"), forward_pass.MEMORY_FORMATS["contiguous"]
    )
    try:
        batch = next(source.batches(1))
    finally:
        source.close()
    return augmented(batch, dataset, request.images, epoch=1, step=0)
