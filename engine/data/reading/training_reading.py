"""Reads images for a training. Loads no torch."""

from __future__ import annotations

import contextlib

from engine.data.decoding import decoder_workers
from engine.data.decoding.decoder_workers import CROPPING_MODULE
from engine.data.reading.data_reading import DataReading, ReadImages
from engine.data.reading.kept_images import open_kept


class TrainingReading(DataReading):
    """Also keeps decoded images for other runs, as the recipe says.

    A look at some images leaves nothing behind: it is a plain `DataReading`.
    """

    def _ready_to_decode(self, read: ReadImages) -> ReadImages:
        kept = open_kept(read.inventory, read.image_format, self._recipe.cache)
        if read.image_format.canvas:
            _prepare_cropping()
        return read._replace(kept=kept)


def _prepare_cropping() -> None:
    """Begin to load torch for the processes that will crop.

    They start later, and then say what is wrong.
    """
    with contextlib.suppress(OSError):
        decoder_workers.start_server(CROPPING_MODULE)
