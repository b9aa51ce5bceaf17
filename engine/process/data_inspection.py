"""Says what a data set holds.

It loads torch only for what needs it: published data sets, and those of torchvision or the user.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from pathlib import Path

from engine.catalog import datasets
from engine.data.inventory.data_inventory import inventory_of
from engine.data.inventory.inventory import Inventory
from engine.data.reading.data_reading import with_format
from engine.data.reading.decoded_images import count_decoders
from engine.data.survey.contact_sheet import contact_sheet
from engine.data.survey.duplicates import findings
from engine.data.survey.file_rows import file_rows
from engine.data.survey.survey import FileRows, Message
from engine.data.survey.surveying import read_headers
from engine.data.survey.surveying import survey as survey_of
from engine.process import repeated_finding
from engine.protocol import requests
from engine.recipes.recipe import Recipe

# So many rows are sent at once.
ROWS = 500


def inspected(request: requests.InspectData) -> Iterator[Message]:
    """The survey, a contact sheet, what the pixels tell, and the files, with progress between.

    Raises as the start of a run.
    """
    recipe = request.recipe
    read = with_format(_inventory(recipe), recipe)
    headers = yield from read_headers(read.inventory.images)
    yield survey_of(read, headers, Path(recipe.decisions).name)
    yield contact_sheet(read.inventory, read.image_format)
    judged = None
    if request.pixels:
        judged = yield from findings(
            read, count_decoders(recipe), request.near_bits, headers.broken
        )
        repeated_finding.keep(recipe, read.inventory, judged)
        yield judged
    if request.files:
        rows = file_rows(read.inventory, headers, judged)
        while some := tuple(islice(rows, ROWS)):
            yield FileRows(some)


def _inventory(recipe: Recipe) -> Inventory:
    if recipe.data not in datasets.DATASETS:
        return inventory_of(recipe)
    from engine.process.published_inventory import published_inventory

    return published_inventory(recipe)
