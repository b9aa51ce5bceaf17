"""Data are read on a thread, and decoded early where that is sure to be of use."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Generator
from pathlib import Path

import pytest
from PIL import Image

from engine.data import loading, preparation
from engine.data.base.dataset import Images
from engine.data.inventory import kept_copies
from engine.data.inventory.data_inventory import inventory_of
from engine.data.inventory.inventory import Inventory
from engine.data.reading import data_reading, decoded_images
from engine.data.reading.data_reading import DataReading
from engine.data.reading.decoded_images import DecodedImages
from engine.errors import DataError
from engine.recipes.recipe import Recipe
from tests.loading import run_to_end
from tests.processes import TIMEOUT, wait_for

SIZE, IMAGES = 28, 12
BYTES = IMAGES * (SIZE + 4) ** 2  # with the margin of images of 28 pixels


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for index in range(IMAGES):
        file = tmp_path / "set" / f"c{index % 2}" / f"{index}.png"
        file.parent.mkdir(parents=True, exist_ok=True)
        Image.new("L", (SIZE, SIZE), 10 * index).save(file)
    return tmp_path / "set"


@pytest.fixture
def many(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(decoded_images, "MANY_IMAGES", IMAGES)


@pytest.mark.usefixtures("many")
@pytest.mark.parametrize(
    ("room", "loader", "early"),
    [(BYTES, "auto", True), (BYTES, "streaming", False), (BYTES - 1, "auto", False)],
)
def test_many_images_that_surely_fit_are_decoded_early(
    folder: Path, room: float, loader: str, early: bool
) -> None:
    recipe = Recipe(data=str(folder), loader=loader, threads=1)  # type: ignore[arg-type]
    read = run_to_end(DataReading(recipe, room).wait())[1]
    assert (read.decoded is not None) is early
    assert len(read.inventory.images) == IMAGES


def test_few_images_wait_for_the_rest(folder: Path) -> None:
    """Threads would take the interpreter from whoever imports torch meanwhile."""
    read = run_to_end(DataReading(Recipe(data=str(folder)), BYTES).wait())[1]
    assert read.decoded is None


@pytest.mark.usefixtures("many")
def test_early_or_not_the_data_are_the_same(folder: Path) -> None:
    recipe = Recipe(data=str(folder), threads=1)
    early = run_to_end(loading.load(recipe, reading=DataReading(recipe, BYTES)))[1]
    late = run_to_end(loading.load(recipe))[1]
    assert isinstance(early.train, Images)
    assert isinstance(late.train, Images)
    assert early.train.pixels.equal(late.train.pixels)
    assert early.train.labels.equal(late.train.labels)
    assert early.train.names == late.train.names
    assert (early.mean, early.std, early.notes) == (late.mean, late.std, late.notes)


@pytest.mark.usefixtures("many")
def test_images_that_turn_out_not_to_fit_are_streamed(folder: Path) -> None:
    """Only torch knows the room on a GPU."""
    recipe = Recipe(data=str(folder), threads=1)
    data = run_to_end(loading.load(recipe, 0.0, DataReading(recipe, BYTES)))[1]
    assert data.loader == "streaming"


def test_an_error_waits_for_whoever_waits(tmp_path: Path) -> None:
    reading = DataReading(Recipe(data=str(tmp_path / "none")))
    with pytest.raises(DataError):
        run_to_end(reading.wait())


@pytest.mark.usefixtures("many")
def test_a_reading_that_nobody_waits_for_any_more_ends(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    closed: list[bool] = []

    def endless(*_: object) -> Generator[float, None, DecodedImages]:
        with contextlib.ExitStack() as at_the_end:
            at_the_end.callback(closed.append, True)
            while True:
                yield 0.5

    monkeypatch.setattr(decoded_images, "decoded", endless)
    waiting = DataReading(Recipe(data=str(folder)), BYTES).wait()
    while next(waiting) < 0.5:
        assert not closed
    waiting.close()
    wait_for(lambda: bool(closed))


def test_a_data_set_of_the_catalogue_is_not_read_early() -> None:
    assert preparation.early_reading(Recipe(data="digits")) is None


def test_unpacking_is_the_first_half_of_the_progress(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = threading.Event()

    def slowly(recipe: Recipe, code: Path | None) -> Inventory:
        kept_copies.tell_progress(0.5)
        assert seen.wait(TIMEOUT)
        return inventory_of(recipe, code)

    monkeypatch.setattr(data_reading, "inventory_of", slowly)
    for fraction in DataReading(Recipe(data=str(folder))).wait():
        if fraction == 0.25:
            seen.set()
    assert seen.is_set()
