"""python -m engine --inspect-data RECIPE: says what a data set holds, as lines of JSON.

It loads torch only for what needs it: published data sets, and those of torchvision or the user.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import NamedTuple

from engine.catalog import datasets
from engine.data.inventory.data_inventory import inventory_of
from engine.data.inventory.inventory import Inventory
from engine.data.reading.data_reading import with_format
from engine.data.reading.decoded_images import count_decoders
from engine.data.survey import survey
from engine.data.survey.contact_sheet import contact_sheet
from engine.data.survey.duplicates import findings
from engine.data.survey.file_rows import file_rows
from engine.data.survey.survey import FileRows, Message
from engine.data.survey.surveying import read_headers
from engine.data.survey.surveying import survey as survey_of
from engine.process.given_recipe import given_recipe
from engine.recipes.recipe import Recipe

# So many rows are sent at once.
ROWS = 500


class Wanted(NamedTuple):
    """What else is wanted than a survey: a look at all pixels, similar images, a list of files."""

    pixels: bool = True
    near_bits: int | None = None
    files: bool = False


def inspect(file: Path, wanted: Wanted) -> int:
    """Print the messages as they come. Returns the exit code. Downloads no data.

    Raises UsageError and DataError like the start of a run.
    """
    os.environ["HF_HUB_OFFLINE"] = "1"
    with os.fdopen(os.dup(1), "wb") as out:
        os.dup2(2, 1)  # what the user's own code prints is no message
        for message in inspected(given_recipe(file), wanted):
            out.write(survey.encode(message) + b"\n")
            out.flush()
    return 0


def inspected(recipe: Recipe, wanted: Wanted) -> Iterator[Message]:
    """The survey, a contact sheet, what the pixels tell, and the files, with progress between."""
    read = with_format(_inventory(recipe), recipe)
    headers = yield from read_headers(read.inventory.images)
    yield survey_of(read, headers)
    yield contact_sheet(read.inventory, read.image_format)
    judged = None
    if wanted.pixels:
        judged = yield from findings(read, count_decoders(recipe), wanted.near_bits, headers.broken)
        yield judged
    if wanted.files:
        rows = file_rows(read.inventory, headers, judged)
        while some := tuple(islice(rows, ROWS)):
            yield FileRows(some)


def _inventory(recipe: Recipe) -> Inventory:
    if recipe.data not in datasets.DATASETS:
        return inventory_of(recipe)
    from engine.process.published_inventory import published_inventory

    return published_inventory(recipe)
