"""Image files: upright, square, in the right mode; the broken ones told and replaced."""

from __future__ import annotations

import contextlib
import math
import os
from collections.abc import Callable, Generator
from concurrent.futures import wait
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import pytest
from PIL import Image

from engine.data import loading
from engine.data.base.dataset import Dataset, StoredImages
from engine.data.decoding.decode import decode
from engine.data.decoding.decoders import Decoders
from engine.data.decoding.image_format import ImageFormat
from engine.data.reading import decoded_images
from engine.data.reading.decoded_images import decode_by_processes, decode_by_threads
from engine.data.reading.format_choice import ImageHeader, common_format
from engine.data.stored.stored_image import LabelledImages
from engine.errors import DataError, UsageError
from engine.machine.cgroups import computing_cores
from engine.recipes.recipe import Recipe
from tests import crashing_decoder
from tests.loading import path_of, pixels, run_to_end, scan, stored
from tests.test_streaming import fork_server, hang, held_open, kill_decoder

RED, GREEN, BLUE, MAGENTA = (255, 0, 0), (0, 255, 0), (0, 0, 255), (255, 0, 255)


def form(channels: int = 3, size: int = 8, frame: int = 0) -> ImageFormat:
    return ImageFormat(channels, size, frame)


def striped(*colours: tuple[int, int, int], width: int = 8, height: int = 8) -> Image.Image:
    """Vertical stripes of these colours."""
    row = Image.new("RGB", (len(colours), 1))
    row.putdata(colours)
    return row.resize((width, height), Image.Resampling.NEAREST)


def folder(root: Path, image: Image.Image, count: int) -> Path:
    """Two classes with so many files in all."""
    for index in range(count):
        file = root / "ab"[index % 2] / f"{index:03}.png"
        file.parent.mkdir(exist_ok=True)
        image.save(file)
    return root


def loaded(root: Path, room: float = math.inf, **settings: Any) -> Dataset:
    return run_to_end(loading.load(Recipe(data=str(root), **settings), room))[1]


def test_pixels_are_those_of_the_file(tmp_path: Path) -> None:
    striped(RED, BLUE).save(tmp_path / "a.png")
    array = decode(stored(tmp_path / "a.png"), form())
    assert array.shape == (3, 8, 8)
    assert array[:, 3, 0].tolist() == list(RED)
    assert array[:, 3, 7].tolist() == list(BLUE)


def test_orientation_is_obeyed(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # the camera was held upright: the left of the file is the top
    striped(RED, BLUE, width=16, height=16).save(tmp_path / "a.png", exif=exif)
    array = decode(stored(tmp_path / "a.png"), form())
    assert array[:, 0, 3].tolist() == list(RED)
    assert array[:, 7, 3].tolist() == list(BLUE)


def test_oblong_images_lose_their_ends(tmp_path: Path) -> None:
    striped(RED, GREEN, GREEN, BLUE, width=64, height=32).save(tmp_path / "a.png")
    inside = decode(stored(tmp_path / "a.png"), form())[:, :, 1:-1]
    assert (inside == np.array(GREEN)[:, None, None]).all()


def test_reduction_is_antialiased(tmp_path: Path) -> None:
    board = np.indices((64, 64)).sum(0) % 2 * 255
    Image.fromarray(board.astype(np.uint8)).save(tmp_path / "a.png")
    array = decode(stored(tmp_path / "a.png"), form(channels=1))
    assert abs(array.astype(int) - 127).max() < 8


def test_large_jpegs_are_decoded_as_other_files(tmp_path: Path) -> None:
    waves = 127 + 100 * np.sin(np.indices((256, 256)) / 20).prod(0)
    image = Image.fromarray(waves.astype(np.uint8))
    image.save(tmp_path / "a.jpg", quality=95)
    image.save(tmp_path / "a.png")
    jpeg, png = (decode(stored(tmp_path / name), form(1, 16)) for name in ("a.jpg", "a.png"))
    assert abs(jpeg.astype(int) - png).max() <= 4


@pytest.mark.parametrize("mode", ["P", "RGBA", "CMYK", "L", "1"])
def test_every_mode_becomes_rgb(tmp_path: Path, mode: str) -> None:
    striped((255, 255, 255)).convert(mode).save(tmp_path / "a.tiff")
    assert (decode(stored(tmp_path / "a.tiff"), form()) == 255).all()


def test_sixteen_bits_become_eight(tmp_path: Path) -> None:
    Image.fromarray(np.full((8, 8), 0x8042, np.uint16)).save(tmp_path / "a.png")
    assert (decode(stored(tmp_path / "a.png"), form(channels=1)) == 0x80).all()


def test_frame_repeats_the_edges(tmp_path: Path) -> None:
    striped(*[(v, v, v) for v in range(0, 80, 10)]).save(tmp_path / "a.png")
    row = decode(stored(tmp_path / "a.png"), form(1, 12, frame=2))[0, 0]
    assert row.tolist() == [0, 0, 0, 10, 20, 30, 40, 50, 60, 70, 70, 70]


@pytest.mark.parametrize(
    ("sizes", "asked", "size", "frame"),
    [
        ([(32, 32)], "auto", 32, 0),
        ([(96, 96)], "auto", 96, 0),
        ([(97, 97)], "auto", 96, 0),
        ([(32, 40)], "auto", 32, 0),
        ([(32, 32), (40, 40), (41, 39)], "auto", 32, 0),
        ([(50, 39), (90, 40), (41, 200)], "auto", 48, 0),
        ([(8, 8)], "auto", 32, 0),
        ([(191, 300)], "auto", 192, 0),
        ([(500, 375), (300, 192), (90, 100)], "auto", 224, 0),
        ([(28, 28)], "auto", 32, 2),
        # A resumed run finds the 32 that auto became, and must make the same of it.
        ([(28, 28)], 32, 32, 2),
        ([(28, 28)], 64, 64, 0),
        ([(500, 375)], 48, 48, 0),
        ([], "auto", 32, 0),
    ],
)
def test_size(sizes: list[tuple[int, int]], asked: int | str, size: int, frame: int) -> None:
    found = format_of(sizes, size=asked)
    assert (found.size, found.frame) == (size, frame)


def format_of(sizes: list[tuple[int, int]], **fields: Any) -> ImageFormat:
    return common_format([ImageHeader(size, False) for size in sizes], Recipe(**fields))


@pytest.mark.parametrize(
    ("sizes", "fields", "canvas"),
    [
        ([(500, 375)], {}, 448),
        ([(500, 375)], {"size": 160}, 320),
        ([(500, 375)], {"canvas": 300}, 300),
        ([(500, 375)], {"canvas": 0}, 0),
        ([(500, 375)], {"crop_scale": ()}, 0),
        ([(500, 375)], {"loader": "resident"}, 0),
        # Squares that are already as the network sees them.
        ([(32, 32)], {}, 0),
        ([(28, 28)], {}, 0),
        ([(32, 32)], {"size_start": 24}, 64),
        ([(32, 32)], {"size": 64}, 128),
        ([(32, 32), (33, 32)], {}, 64),
    ],
)
def test_random_resized_crops_are_made_of_a_canvas_of_twice_the_size(
    sizes: list[tuple[int, int]], fields: dict[str, Any], canvas: int
) -> None:
    found = format_of(sizes, **{"crop_scale": (0.25, 1.0), **fields})
    assert found.canvas == canvas


def test_the_format_has_the_fit_of_the_recipe() -> None:
    found = format_of([(500, 375)], fit="pad", crop_pct=0.9)
    assert (found.fit, found.crop_pct) == ("pad", 0.9)


def test_a_size_that_auto_chose_is_checked_as_one_that_was_given() -> None:
    crops = {"crop_scale": (0.25, 1.0)}
    with pytest.raises(UsageError, match="size_start = 64 is larger than the size of 32"):
        format_of([(32, 32)], size_start=64, **crops)
    with pytest.raises(UsageError, match="canvas = 200 is smaller than the size of 224"):
        format_of([(500, 375)], canvas=200, **crops)


def test_grey_only_if_all_are() -> None:
    grey, coloured = ImageHeader((32, 32), True), ImageHeader((32, 32), False)
    assert common_format([grey, grey], Recipe()).channels == 1
    assert common_format([grey, coloured], Recipe()).channels == 3


Decoding: TypeAlias = Generator[float, None, decoded_images.DecodedImages]


def by_two_processes(files: LabelledImages, form: ImageFormat) -> Decoding:
    return decode_by_processes(files, form, 2)


@pytest.fixture
def numbered(tmp_path: Path) -> LabelledImages:
    """Grey images whose pixels all have their number as value."""
    files = [tmp_path / f"{value}.png" for value in range(150)]
    for value, file in enumerate(files):
        Image.new("L", (8, 8), value).save(file)
    return [(stored(file), 0) for file in files]


@pytest.mark.parametrize("decode", [decode_by_threads, by_two_processes])
def test_every_file_lands_in_its_place(
    numbered: LabelledImages,
    monkeypatch: pytest.MonkeyPatch,
    decode: Callable[[LabelledImages, ImageFormat], Decoding],
) -> None:
    monkeypatch.setattr(decoded_images, "PROCESS_CHUNK", 8)
    path_of(numbered[70][0]).write_bytes(b"no image at all")
    fractions, (array, broken, notes, _) = run_to_end(decode(numbered, form(1)))
    assert broken == {70: "not an image"}
    assert notes == ()
    whole = [value for value in range(150) if value != 70]
    assert (array[whole] == np.array(whole)[:, None, None, None]).all()
    assert fractions == sorted(fractions)
    assert all(0 <= fraction <= 1 for fraction in fractions)
    assert fractions


@pytest.mark.parametrize("many", [100, 300])
def test_many_files_are_decoded_by_processes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, many: int
) -> None:
    monkeypatch.setattr(decoded_images, "MANY_IMAGES", many)
    seen: list[int] = []

    def watched(files: LabelledImages, form: ImageFormat, workers: int, length: int) -> Decoding:
        seen.append(workers)
        return decode_by_processes(files, form, workers, length)

    monkeypatch.setattr(decoded_images, "decode_by_processes", watched)
    data = loaded(folder(tmp_path, striped(RED, width=32, height=32), 200), threads=1)
    assert seen == ([1] if many == 100 else [])
    assert (pixels(data.train)[:, 0] == 255).all()


def test_as_many_decode_as_the_recipe_says_and_else_some_wait_for_the_disk(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("OMP_NUM_THREADS")
    assert decoded_images.count_decoders(Recipe(threads=3)) == 3
    assert decoded_images.count_decoders(Recipe()) == max(4, computing_cores())


@pytest.mark.parametrize(("share", "decoders"), [(1, 4), (9, 9)])
def test_the_ranks_of_a_machine_share_its_cores(
    monkeypatch: pytest.MonkeyPatch, share: int, decoders: int
) -> None:
    monkeypatch.setattr(decoded_images, "computing_cores", lambda: 64)
    monkeypatch.setenv("OMP_NUM_THREADS", str(share))
    assert decoded_images.count_decoders(Recipe()) == decoders
    assert decoded_images.count_decoders(Recipe(threads=3)) == 3


def test_a_process_that_dies_while_a_folder_is_loaded_is_replaced_and_told(
    numbered: LabelledImages, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is decoded stays decoded, and a stop is heard all the while."""
    monkeypatch.setattr(decoded_images, "PROCESS_CHUNK", 8)
    first, last = path_of(numbered[60][0]), path_of(numbered[140][0])
    contents = {file: hang(file) for file in (first, last)}
    work = decode_by_processes(numbered, form(1), 1)

    def die_at(file: Path) -> None:
        descriptor = held_open(file)
        file.unlink()
        file.write_bytes(contents[file])
        kill_decoder(fork_server())
        os.close(descriptor)

    before = next(work)
    die_at(first)
    while (fraction := next(work)) < 0.8:
        assert fraction >= before
    die_at(last)
    _, (array, broken, notes, _) = run_to_end(work)
    assert not broken
    assert (array == np.arange(150)[:, None, None, None]).all()
    assert "were replaced twice" in notes[0]


def test_an_image_that_crashes_its_decoder_is_broken_and_named(
    numbered: LabelledImages, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The others lose nothing, even those that were being decoded by the processes beside it."""
    monkeypatch.setattr("engine.data.decoding.decoders.decode", crashing_decoder.decode)
    monkeypatch.setattr(decoded_images, "PROCESS_CHUNK", 8)
    crashing = (3, 70, 71, 149)
    for at in crashing:
        path_of(numbered[at][0]).write_bytes(crashing_decoder.CRASHES)
    _, (array, broken, notes, _) = run_to_end(decode_by_processes(numbered, form(1), 2))
    assert broken == dict.fromkeys(crashing, "it crashes the decoder by signal 11")
    assert notes == ()
    whole = [value for value in range(150) if value not in crashing]
    assert (array[whole] == np.array(whole)[:, None, None, None]).all()


def test_crashes_at_many_images_are_the_end(
    numbered: LabelledImages, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("engine.data.decoding.decoders.decode", crashing_decoder.decode)
    monkeypatch.setattr("engine.data.decoding.decoders.MOST_CRASHES", 3)
    for file, _ in numbered[:4]:
        path_of(file).write_bytes(crashing_decoder.CRASHES)
    with pytest.raises(DataError, match=r"crashed in native code 3 times; the first are .*0\.png"):
        run_to_end(decode_by_processes(numbered, form(1), 1))


def test_what_is_done_between_two_looks_is_no_death(numbered: LabelledImages) -> None:
    decoders = Decoders(1, 1, len(numbered), form(1))
    with contextlib.closing(decoders):
        task = decoders.submit(0, [file for file, _ in numbered])
        fractions = decoders.progress(task)
        next(fractions)
        wait(task.parts.values())
        assert list(fractions) == []
        assert decoders.pop_replacements() == 0


def test_folder_of_images_becomes_a_data_set(tmp_path: Path) -> None:
    data = loaded(folder(tmp_path, striped(RED, RED, RED, BLUE, width=32, height=32), 10))
    assert data.classes == ("a", "b")
    assert pixels(data.train).shape == (8, 3, 32, 32)
    assert data.train.labels.tolist() == [0] * 4 + [1] * 4
    assert data.validation.labels.tolist() == [0, 1]
    assert data.mean == pytest.approx((0.75, 0.0, 0.25), abs=1e-6)
    assert not data.notes


def test_few_broken_images_are_replaced_by_the_next_and_told(tmp_path: Path) -> None:
    root = folder(tmp_path, striped(RED, MAGENTA), 200)
    image, label = scan(root).train[3]
    file = path_of(image)
    file.write_bytes(b"no image at all")
    data = loaded(root, size=8)
    assert len(data.train) == 160
    assert data.train.labels.tolist().count(label) == 80
    assert data.train.one(3)[0].equal(data.train.one(4)[0])
    assert (pixels(data.train)[:, 0] == 255).all()
    (note,) = data.notes
    assert "1 of 200 images cannot be read and is replaced by the next one; the first is " in note
    assert f"a/{file.name} (not an image)" in note


def test_a_truncated_image_is_broken(tmp_path: Path) -> None:
    root = folder(tmp_path, striped(RED, BLUE, width=8), 10)
    file = path_of(scan(root).validation[0][0])
    file.write_bytes(file.read_bytes()[:45])
    with pytest.raises(
        DataError,
        match=rf"1 of 10 images .* cannot be read; the first is a/{file.name} \(the file is cut",
    ):
        loaded(root, size=8)


@pytest.mark.parametrize(
    ("room", "loader", "streams"),
    [
        (1e9, "auto", False),
        (1000.0, "auto", True),
        (1e9, "streaming", True),
        (0, "resident", False),
    ],
)
def test_what_does_not_fit_is_streamed_unless_the_recipe_says_otherwise(
    tmp_path: Path, room: float, loader: str, streams: bool
) -> None:
    root = folder(tmp_path, striped(RED, RED, RED, BLUE, width=32, height=32), 10)
    data = loaded(root, room, loader=loader)
    assert isinstance(data.train, StoredImages) is streams
    assert data.loader == ("streaming" if streams else "resident")
    assert data.train.shape == (3, 32, 32)
    assert data.mean == pytest.approx((0.75, 0.0, 0.25), abs=1e-6)
    assert data.class_counts == (4, 4)
    assert data.bytes == 10 * 3 * 32 * 32


@pytest.mark.parametrize("loader", ["resident", "streaming"])
def test_a_folder_with_test_images_keeps_them_for_the_end(tmp_path: Path, loader: str) -> None:
    for split in ("train", "val", "test"):
        (tmp_path / split).mkdir()
        folder(tmp_path / split, striped(RED, MAGENTA, width=32, height=32), 8)
    data = loaded(tmp_path, loader=loader)
    assert data.validates == "separate"
    assert data.test is not None
    assert data.test.labels.tolist() == [0] * 4 + [1] * 4
    assert data.notes == ()
    data = run_to_end(loading.load(Recipe(data=str(tmp_path), holdout=0.5), 0.0))[1]
    assert f"{tmp_path}/val is not used" in data.notes[0]


def test_a_data_set_tells_the_canvas_that_its_images_are_decoded_to(tmp_path: Path) -> None:
    root = folder(tmp_path, striped(RED, BLUE, width=24, height=16), 8)
    cropped, plain = loaded(root, crop_scale=(0.25, 1.0), size=8), loaded(root, size=8)
    assert [each.image_format.canvas for each in (cropped, plain)] == [16, 0]
    # So a resume finds a loader that goes with the canvas.
    assert (cropped.loader, plain.loader) == ("streaming", "resident")
