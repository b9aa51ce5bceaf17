"""Random crops of canvases: the same pixels whatever is kept, whenever a run goes on."""

from __future__ import annotations

import contextlib
import errno
import math
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image
from torch import Tensor

from engine.data import loading
from engine.data.base.dataset import LEFT_OUT, Dataset, Split, StoredImages
from engine.data.cache import kept_stores, store_opening
from engine.data.cache.image_store import ImageStore
from engine.data.decoding import decode
from engine.data.decoding.canvas import Canvas, decode_canvas
from engine.data.decoding.cropping import Cropping
from engine.data.decoding.decoders import DecodeTask
from engine.data.decoding.framing import framed
from engine.data.decoding.resampling import cropped
from engine.data.loaders import loader_choice
from engine.data.loaders.streaming_loader import StreamingLoader
from engine.data.reading.training_reading import TrainingReading
from engine.data.stored.stored_image import StoredImage
from engine.devices import device as devices
from engine.recipes.recipe import Recipe
from tests.loading import path_of, run_to_end
from tests.processes import TIMEOUT

ROOT = Path(__file__).parents[1]
SIZE, BATCH, EPOCHS = 16, 4, 4
CPU = torch.device("cpu")


@pytest.fixture(autouse=True)
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """A process may take as long to end as a busy machine wants."""
    monkeypatch.setattr("engine.data.decoding.decoders.SERVER_SECONDS", TIMEOUT)


def photos(root: Path, count: int = 12) -> Path:
    """Two classes of noise, of 60 × 44 pixels and more, in a training and a validation split."""
    chance = np.random.default_rng(0)
    for index in range(count):
        split = "val" if index % 4 == 3 else "train"
        file = root / "photos" / split / "ab"[index // 4 % 2] / f"{index:03}.png"
        file.parent.mkdir(parents=True, exist_ok=True)
        noise = chance.integers(0, 256, (44 + index % 5, 60, 3), np.uint8)
        Image.fromarray(noise).save(file)
    return root / "photos"


def recipe_for(folder: Path, **fields: Any) -> Recipe:
    given = {"size": SIZE, "crop_scale": (0.3, 1.0), "batch": BATCH, "epochs": EPOCHS, **fields}
    return Recipe(data=str(folder), **given)


def loaded(recipe: Recipe) -> Dataset:
    """The data as a training has it."""
    return run_to_end(loading.load(recipe, 0.0, TrainingReading(recipe)))[1]


def kept_in(images: Split) -> ImageStore:
    """The store of images on disk."""
    assert isinstance(images, StoredImages)
    assert images.slots is not None
    return images.slots.store


@contextlib.contextmanager
def opened(recipe: Recipe, dataset: Dataset | None = None) -> Iterator[StreamingLoader]:
    data = dataset or loaded(recipe)
    loader = loader_choice.loader(recipe, data, CPU, torch.contiguous_format, workers=2)
    assert isinstance(loader, StreamingLoader)
    with contextlib.closing(loader):
        yield loader


def pixels_of(loader: StreamingLoader, epoch: int, first: int = 0) -> list[Tensor]:
    """The raw pixels of an epoch's batches; the loader overwrites its own."""
    with contextlib.closing(loader.raw_batches(epoch, first)) as batches:
        return [raw.pixels.clone() for raw in batches]


def everything(recipe: Recipe) -> list[Tensor]:
    """What two epochs and an evaluation show."""
    data = loaded(recipe)
    with opened(recipe, data) as loader:
        found = [*pixels_of(loader, 1), *pixels_of(loader, 2)]
        return found + [each.clone() for each, _ in loader.evaluation_batches(data.validation, 8)]


def test_a_batch_has_the_crop_of_each_canvas_that_seed_epoch_and_index_decide(
    tmp_path: Path,
) -> None:
    recipe = recipe_for(photos(tmp_path), flip=True, seed=5)
    data = loaded(recipe)
    assert isinstance(data.train, StoredImages)
    assert data.image_format.canvas == 2 * SIZE
    cropping = Cropping.of(recipe)
    assert cropping is not None
    with opened(recipe, data) as loader:
        raw = next(loader.raw_batches(3))
        for pixels, index in zip(raw.pixels, raw.indices.tolist(), strict=True):
            canvas, _ = decode_canvas(data.train.stored[index], data.train.image_format)
            placement = cropping.drawn(3, index, canvas)
            assert np.array_equal(pixels.numpy(), cropped(canvas, placement, SIZE))
        # The crops are mirrored already: nothing else moves them on the device.
        mean, std = (torch.tensor(each).view(1, -1, 1, 1) for each in (data.mean, data.std))
        batch = loader.augmented(raw, loader.draws)
        assert torch.allclose(batch.images, (raw.pixels / 255 - mean) / std, atol=1e-4)


def test_evaluation_and_one_image_show_the_frame_of_the_canvas(tmp_path: Path) -> None:
    recipe = recipe_for(photos(tmp_path), fit="squash")
    data = loaded(recipe)
    assert isinstance(data.validation, StoredImages)
    form = data.validation.image_format
    canvas: Canvas = decode_canvas(data.validation.stored[1], form)[0]
    assert np.array_equal(data.validation.one(1).pixels.numpy(), framed(canvas, form))
    with opened(recipe, data) as loader:
        images, _ = next(iter(loader.evaluation_batches(data.validation, 8)))
    expected = torch.from_numpy(framed(canvas, form).copy())[None]
    assert torch.equal(images[1:2], loader.normalise(expected))


def test_pixels_are_the_same_whether_all_some_or_none_are_kept(tmp_path: Path) -> None:
    folder = photos(tmp_path)
    without = everything(recipe_for(folder, cache="off"))
    kept = recipe_for(folder, cache=str(tmp_path / "kept"))
    first = everything(kept)
    second = everything(kept)
    with opened(kept) as loader:
        store = kept_in(loader._images)
        assert store.there().all()
        index = store.layout.path("index")
        content = Path(index).read_bytes()
        at = store.layout.record_at(4)
        Path(index).write_bytes(content[:at] + bytes(len(content) - at))  # half of the records
        assert 0 < store.there().sum() < len(store.there())
    half = everything(kept)
    for found in (first, second, half):
        assert all(torch.equal(one, other) for one, other in zip(found, without, strict=True))


def test_later_epochs_open_no_file(tmp_path: Path) -> None:
    folder = photos(tmp_path)
    recipe = recipe_for(folder, cache=str(tmp_path / "kept"))
    data = loaded(recipe)
    with opened(recipe, data) as loader:
        pixels_of(loader, 1)
        list(loader.evaluation_batches(data.validation, 8))
        shutil.rmtree(folder)
        pixels_of(loader, 2)
        list(loader.evaluation_batches(data.validation, 8))
        assert loader.new_warnings() == ()


def test_a_run_that_drops_images_reads_the_store_of_one_that_does_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, kept = photos(tmp_path, 20), tmp_path / "kept"
    everything(recipe_for(folder, cache=str(kept)))
    file = tmp_path / "labels.toml"
    file.write_text('[labels]\n"train/a/001.png" = "drop"\n"val/b/007.png" = "drop"\n')
    plain = everything(recipe_for(folder, cache="off", decisions=str(file)))
    monkeypatch.setattr(decode, "decode_canvas", None)  # of the sample for the statistics
    decided = recipe_for(folder, cache=str(kept), decisions=str(file))
    data = loaded(decided)
    assert (len(data.train), len(data.validation)) == (14, 4)
    assert any("18 of 18 images come decoded from" in remark for remark in data.remarks)
    shutil.rmtree(folder)
    with opened(decided, data) as loader:
        found = [*pixels_of(loader, 1), *pixels_of(loader, 2)]
        found += [each.clone() for each, _ in loader.evaluation_batches(data.validation, 8)]
        assert loader.new_warnings() == ()
    assert all(torch.equal(one, other) for one, other in zip(found, plain, strict=True))
    (store,) = kept_stores.stores(kept)
    assert (store.there, store.images) == (20, 20)


def evaluated(loader: StreamingLoader, images: Split) -> list[Tensor]:
    """Images and labels of an evaluation."""
    return [each.clone() for batch in loader.evaluation_batches(images, 3) for each in batch]


def test_a_second_evaluation_decodes_nothing_and_shows_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    recipe = recipe_for(photos(tmp_path, 40), broken="skip", cache="off")
    data = loaded(recipe)
    assert isinstance(data.validation, StoredImages)
    path_of(data.validation.stored[4]).write_bytes(b"no image")
    with opened(recipe, data) as loader:
        decoded = watched_decoding(loader, monkeypatch)
        next(iter(loader.evaluation_batches(data.validation, 3)))  # as a rehearsal does
        decoded.clear()
        first = evaluated(loader, data.validation)
        assert sum(decoded) == len(data.validation) == 10
        assert LEFT_OUT in torch.cat(first[1::2])
        assert len(loader.new_warnings()) == 1
        second = evaluated(loader, data.validation)
        assert sum(decoded) == 10
        assert loader.new_warnings() == ()
        assert all(torch.equal(one, other) for one, other in zip(first, second, strict=True))
        assert data.validation.one(4).at == 5
        # Those of other splits are evaluated once, at the end.
        for _ in range(2):
            decoded.clear()
            evaluated(loader, data.train)
            assert sum(decoded) == len(data.train)


def test_views_that_do_not_fit_into_memory_are_decoded_each_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    recipe = recipe_for(photos(tmp_path), cache="off")
    data = loaded(recipe)
    needed = len(data.validation) * 3 * SIZE * SIZE
    for room, times in ((needed - 1, 2), (needed, 1)):
        monkeypatch.setattr(devices, "room", lambda _, room=room: room)
        with opened(recipe, data) as loader:
            decoded = watched_decoding(loader, monkeypatch)
            first, second = (evaluated(loader, data.validation) for _ in range(2))
        assert sum(decoded) == times * len(data.validation)
        assert all(torch.equal(one, other) for one, other in zip(first, second, strict=True))


def test_views_beside_a_gpu_take_the_memory_of_the_machine_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    recipe = recipe_for(photos(tmp_path), cache="off")
    data = loaded(recipe)
    monkeypatch.setattr(devices, "room", lambda of: math.inf if of.type == "cpu" else 0.0)
    given: dict[str, Any] = {}
    monkeypatch.setattr(
        loader_choice, "StreamingLoader", lambda _, **options: given.update(options)
    )
    loader_choice.loader(recipe, data, torch.device("cuda"), torch.contiguous_format)
    batches = [(torch.zeros(1),) * 4]
    for _ in range(2):
        assert len([*given["kept_views"].batches(1, (each for each in batches))]) == 1
        batches.clear()


def watched_decoding(loader: StreamingLoader, monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The number of images in each batch that is decoded from now on."""
    counts: list[int] = []
    submit = loader._decoders.submit

    def watched(slot: int, images: Sequence[StoredImage], *more: Any, **options: Any) -> DecodeTask:
        counts.append(len(images))
        return submit(slot, images, *more, **options)

    monkeypatch.setattr(loader._decoders, "submit", watched)
    return counts


def test_images_grow_over_the_epochs_and_a_rest_of_an_epoch_is_that_of_the_whole(
    tmp_path: Path,
) -> None:
    recipe = recipe_for(photos(tmp_path, 20), size=64, size_start=32, cache="off", epochs=4)
    with opened(recipe) as loader:
        sides = [{each.shape[-1] for each in pixels_of(loader, epoch)} for epoch in (1, 2, 3, 4)]
        assert sides == [{32}, {32}, {32}, {64}]
        whole = pixels_of(loader, 2)
        rest = pixels_of(loader, 2, first=1)
    assert all(torch.equal(one, other) for one, other in zip(whole[1:], rest, strict=True))


def test_a_broken_image_is_replaced_by_a_crop_of_the_next_one(tmp_path: Path) -> None:
    recipe = recipe_for(photos(tmp_path), broken="skip", cache=str(tmp_path / "kept"))
    data = loaded(recipe)
    assert isinstance(data.train, StoredImages)
    path_of(data.train.stored[2]).write_bytes(b"no image")
    data = loaded(recipe)  # another size and time of change
    assert isinstance(data.train, StoredImages)
    cropping = Cropping.of(recipe)
    assert cropping is not None
    canvas = decode_canvas(data.train.stored[3], data.train.image_format)[0]
    expected = cropped(canvas, cropping.drawn(1, 3, canvas), SIZE)
    with opened(recipe, data) as loader:
        raws = [(raw.indices.tolist(), raw.pixels.clone()) for raw in loader.raw_batches(1)]
        (warning,) = loader.new_warnings()
    shown = [p for indices, pixels in raws for i, p in zip(indices, pixels, strict=True) if i == 3]
    assert 2 not in [index for indices, _ in raws for index in indices]
    assert len(shown) >= 1
    assert all(np.array_equal(each.numpy(), expected) for each in shown)
    assert "002.png" in warning


@pytest.mark.parametrize("harm", ["gone", "cut off", "emptied"])
def test_a_store_that_is_lost_while_a_run_reads_it_changes_nothing(
    tmp_path: Path, harm: str
) -> None:
    folder = photos(tmp_path)
    expected = everything(recipe_for(folder, cache="off"))
    recipe = recipe_for(folder, cache=str(tmp_path / "kept"))
    data = loaded(recipe)
    with opened(recipe, data) as loader:
        found = pixels_of(loader, 1)
        store = kept_in(data.train)
        if harm == "gone":
            shutil.rmtree(store.layout.folder)
        else:
            os.truncate(store.layout.path("pixels"), 5000 if harm == "cut off" else 0)
        found += pixels_of(loader, 2)
        found += [each.clone() for each, _ in loader.evaluation_batches(data.validation, 8)]
        loader.seal()
        assert loader._decoders.pop_replacements() == 0
    assert all(torch.equal(one, other) for one, other in zip(found, expected, strict=True))


def test_a_disk_that_fills_is_said_once_and_the_run_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = photos(tmp_path)
    expected = everything(recipe_for(folder, cache="off"))
    recipe = recipe_for(folder, cache=str(tmp_path / "kept"))
    data = loaded(recipe)
    store = kept_in(data.train)
    store._stop(OSError(errno.ENOSPC, ""))  # as a write of a decoding process does
    with opened(recipe, data) as loader:
        found = [*pixels_of(loader, 1), *pixels_of(loader, 2)]
        (note,) = loader.new_notes()
        assert loader.new_notes() == ()
        found += [each.clone() for each, _ in loader.evaluation_batches(data.validation, 8)]
    assert "No space left on device" in note
    assert all(torch.equal(one, other) for one, other in zip(found, expected, strict=True))


def test_only_a_training_keeps_images(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def opens(*_: object) -> None:
        raise AssertionError

    folder = photos(tmp_path)
    monkeypatch.setattr(store_opening, "_opened", opens)
    loading.load_at_once(loading.load(recipe_for(folder)))
    with pytest.raises(AssertionError):
        loaded(recipe_for(folder))


def maps_of_a_decoder(folder: Path, crop_scale: tuple[float, ...]) -> str:
    """The files that a decoding process has mapped."""
    recipe = recipe_for(folder, crop_scale=crop_scale, loader="streaming")
    with opened(recipe) as loader:
        pixels_of(loader, 1)
        return Path(f"/proc/{loader._decoders._pool._context.started[0].pid}/maps").read_text()


@pytest.mark.parametrize("crop_scale", [(), (0.3, 1.0)])
def test_decoding_processes_load_torch_only_where_they_crop(
    tmp_path: Path, crop_scale: tuple[float, ...]
) -> None:
    # In a process of its own, since the server that decoders are forked from stays.
    code = (
        "from pathlib import Path; from tests.test_cropped_streams import maps_of_a_decoder; "
        f"print(maps_of_a_decoder(Path({str(photos(tmp_path))!r}), {crop_scale}))"
    )
    maps = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
        timeout=TIMEOUT,
    )
    assert ("libtorch" in maps.stdout) is bool(crop_scale)
