"""Says which classes images have: finds the images first, which takes no torch."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence

from engine.data.inventory.given_images import GivenImages, given_images
from engine.errors import RunError
from engine.process import process_text
from engine.process.run_ending import is_out_of_memory
from engine.protocol.answers import Note
from engine.protocol.predicted import Message
from engine.protocol.requests import Predict

# So many folders must be named as classes before a set looks like one with labels.
LABELLED = 2


def predictions(request: Predict) -> Iterator[Message]:
    """The answers. Raises DataError for images, and RunError or UsageError for a network."""
    given = given_images([os.fsdecode(place) for place in request.places], request.content)
    for note in given.notes:
        yield Note(note)

    from engine.devices import device as devices
    from engine.trained import predicting
    from engine.trained.network_opening import opened

    network = yield from opened(request, devices.choose(request.device))
    for place in _labelled(given, network.classes):
        yield Note(process_text.looks_labelled(place, network.saved.selector))
    try:
        yield from predicting.predicted(network, given, request)
    except Exception as error:
        if is_out_of_memory(error):
            raise RunError(process_text.no_room_to_predict(str(network.device))) from error
        raise


def _labelled(given: GivenImages, classes: Sequence[str]) -> list[str]:
    """The places whose folders are named as classes are."""
    known = {*classes}
    return [place for place, folders in given.folders.items() if len(folders & known) >= LABELLED]
