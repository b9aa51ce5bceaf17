"""Decoded images on the disk: found again, right whatever happens while they are written."""

from __future__ import annotations

import contextlib
import errno
import os
import pickle
import random
import resource
import shutil
import subprocess
import sys
import threading
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import msgspec
import numpy as np
import numpy.typing as npt
import pytest
import torch
from PIL import features

from engine.catalog.user_folders import cache_folder
from engine.data.cache import (
    cache_text,
    image_stamps,
    image_store,
    kept_stores,
    slot_records,
    store_header,
    store_opening,
)
from engine.data.cache.image_slots import ImageSlots
from engine.data.cache.image_store import ImageStore, Views
from engine.data.cache.sealing import Sealing
from engine.data.cache.slot_records import Record
from engine.data.cache.store_header import Header
from engine.data.cache.store_layout import HEADER, INDEX, LOCK, PIXELS, STAMPS, StoreLayout
from engine.data.cache.store_opening import OpenedStore
from engine.data.decoding.canvas import Canvas
from engine.data.decoding.image_format import ImageFormat
from engine.data.decoding.rendering import Rendering
from engine.data.stored.image_file import ImageFile
from engine.data.stored.stored_image import StoredImage
from engine.machine import file_systems
from tests.kept_images import (
    CANVASES,
    LARGE,
    VIEWS,
    decoded,
    fill,
    image_files,
    made_up,
    opened,
    right_ones,
    slots_of,
    store_of,
)
from tests.memory_images import MemoryImage


@pytest.fixture
def images(tmp_path: Path) -> list[ImageFile]:
    return image_files(tmp_path / "photos", 6)


def folder_of(found: OpenedStore) -> Path:
    return Path(store_of(found).layout.folder)


def numbers_of(found: OpenedStore) -> list[int]:
    listed: list[int] = slots_of(found).numbers.tolist()
    return listed


@pytest.mark.parametrize("image_format", [CANVASES, VIEWS])
def test_what_is_written_is_read_here_and_elsewhere(
    images: list[ImageFile], image_format: ImageFormat
) -> None:
    found = opened(images, image_format)
    assert not any(right_ones(found, images))
    fill(found, images)
    assert all(right_ones(found, images))
    elsewhere = pickle.loads(pickle.dumps(store_of(found)))
    assert all(right_ones(found._replace(slots=slots_of(found)._replace(store=elsewhere)), images))
    assert all(right_ones(opened(images, image_format), images))


def test_what_is_read_may_be_written_to_and_changes_no_file(images: list[ImageFile]) -> None:
    found = opened(images)
    fill(found, images)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for number in numbers_of(found):
            kept = store_of(found).read(number)
            assert kept is not None
            torch.from_numpy(kept[0].pixels).zero_()
    assert all(right_ones(found, images))


def test_views_come_as_one_array_in_the_order_asked(images: list[ImageFile]) -> None:
    found = opened(images[::-1], VIEWS)
    fill(found, images[::-1])
    views = read_views(slots_of(found).part(1, 4))
    expected = [decoded(image, VIEWS)[0].pixels for image in images[::-1][1:4]]
    assert np.array_equal(views.pixels, expected)
    assert views.outside.tolist() == [0.25] * 3
    views.pixels[:] = 0
    assert all(right_ones(found, images[::-1]))


def test_views_say_what_is_not_there(images: list[ImageFile]) -> None:
    found = opened(images, VIEWS)
    fill(found._replace(slots=slots_of(found).part(0, 2)), images[:2])
    views = read_views(slots_of(found))
    assert views.there.tolist() == [True] * 2 + [False] * 4
    assert np.array_equal(views.pixels[1], decoded(images[1], VIEWS)[0].pixels)


def read_views(slots: ImageSlots) -> Views:
    """What the store has of these images."""
    views = Views.none_there(np.empty((len(slots.numbers), *VIEWS.shape), np.uint8))
    slots.store.read_views(slots.numbers, views)
    return views


def views_of(images: list[ImageFile]) -> Views:
    pixels = np.stack([decoded(image, VIEWS)[0].pixels for image in images])
    return Views(pixels, np.full(len(images), 0.25, np.float32), np.ones(len(images), np.bool_))


def test_many_views_are_written_at_a_time(
    images: list[ImageFile], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(image_store, "CHUNK", 4)
    shuffled = [images[at] for at in (3, 0, 5, 1, 4, 2)]
    found = opened(shuffled, VIEWS)
    views = views_of(shuffled)
    views.there[1] = False
    shutil.copyfile(image_files(tmp_path / "others", 6, seed=1)[5].path, shuffled[4].path)
    store_of(found).write_views(slots_of(found).numbers, shuffled, views)
    kept = read_views(slots_of(found))
    assert kept.there.tolist() == [True, False, True, True, False, True]
    assert np.array_equal(kept.pixels[kept.there], views.pixels[kept.there])
    assert kept.outside[kept.there].tolist() == [0.25] * 4
    one = store_of(found).read(numbers_of(found)[2])
    assert one is not None
    assert np.array_equal(one[0].pixels, views.pixels[2])


def test_many_views_stop_at_a_full_disk(images: list[ImageFile]) -> None:
    found = opened(images, VIEWS)
    with files_of_at_most(2 * store_of(found).layout.slot_bytes):
        store_of(found).write_views(slots_of(found).numbers, images, views_of(images))
    assert not store_of(found).there().any()
    assert len(store_of(found).pop_notes()) == 1


def test_another_split_of_the_same_images_finds_their_store(images: list[ImageFile]) -> None:
    fill(opened(images), images)
    shuffled = [images[at] for at in (3, 0, 5, 1, 4, 2)]
    found = opened(shuffled)
    assert numbers_of(found) == [3, 0, 5, 1, 4, 2]
    assert all(right_ones(found, shuffled))


@pytest.mark.parametrize(
    ("other", "finds"),
    [
        (replace(CANVASES, canvas=17), False),
        (replace(CANVASES, channels=1), False),
        (replace(CANVASES, size=9, fit="pad", crop_pct=0.9), True),
        (replace(VIEWS, size=9), False),
        (replace(VIEWS, fit="squash"), False),
        (replace(VIEWS, crop_pct=0.9), False),
        (replace(VIEWS, frame=2), False),
    ],
)
def test_a_format_that_changes_the_pixels_has_a_store_of_its_own(
    images: list[ImageFile], other: ImageFormat, finds: bool
) -> None:
    usual = CANVASES if other.canvas else VIEWS
    assert (folder_of(opened(images, usual)) == folder_of(opened(images, other))) == finds


@pytest.mark.parametrize("version", ["9.9.9", None])
def test_another_version_of_the_decoder_has_a_store_of_its_own(
    images: list[ImageFile], version: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    usual = folder_of(opened(images))
    monkeypatch.setattr(features, "version", lambda _: version)
    assert folder_of(opened(images)) != usual


@pytest.mark.parametrize("package", ["tifffile", "imagecodecs"])
def test_another_version_of_what_reads_bands_has_a_store_of_its_own(
    images: list[ImageFile], package: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    banded = replace(CANVASES, rendering=Rendering(bands=(1, 2, 3)))
    before, usual = folder_of(opened(images, banded)), folder_of(opened(images))
    real = store_opening._version_of
    monkeypatch.setattr(
        store_opening, "_version_of", lambda name: "9" if name == package else real(name)
    )
    assert folder_of(opened(images, banded)) != before
    assert folder_of(opened(images)) == usual


@pytest.mark.parametrize("moment", [0, -(10**18), 4 * 10**18])
def test_a_time_of_change_that_jumps_makes_images_new(images: list[ImageFile], moment: int) -> None:
    fill(opened(images), images)
    os.utime(images[2].path, ns=(0, moment))
    found = opened(images)
    assert not any(right_ones(found, images))
    fill(found, images)
    assert all(right_ones(found, images))


def test_a_file_that_is_replaced_while_images_are_written_is_not_kept(
    images: list[ImageFile], tmp_path: Path
) -> None:
    others = image_files(tmp_path / "others", 6, seed=1)
    found = opened(images)
    shutil.copyfile(others[1].path, images[1].path)
    images[2].path.unlink()
    for number, image in zip(numbers_of(found), images, strict=True):
        store_of(found).write(number, image, *decoded(others[number], CANVASES))
    assert store_of(found).there().tolist() == [True, False, False, True, True, True]
    found = opened([images[0], images[1]])
    fill(found, images[:2])
    assert all(right_ones(found, images[:2]))


def test_two_files_of_one_size_and_time_that_swap_names_are_new(images: list[ImageFile]) -> None:
    first, second = images[0].path, images[-1].path
    content = first.read_bytes()
    second.write_bytes(content)
    for path in (first, second):
        os.utime(path, ns=(0, 10**18))
    before = folder_of(opened(images))
    passing = first.with_name("passing")
    first.rename(passing)
    second.rename(first)
    passing.rename(second)
    assert folder_of(opened(images)) != before


@pytest.mark.parametrize(("kind", "numbered"), [("ext4", True), ("fuse.rclone", False)])
def test_numbers_of_files_count_where_they_last(
    images: list[ImageFile], kind: str, numbered: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(file_systems, "mounts", lambda: f"1 0 0:1 / / rw - {kind} a rw\n")
    found = image_stamps.stamped(images)
    assert found is not None
    now = np.array([image_stamps.stamp_of(image.file) for image in images])
    assert image_stamps.unchanged(found.stamps, now).all()
    now[:, image_stamps.NUMBER] += 1
    assert image_stamps.unchanged(found.stamps, now).any() != numbered
    now[:, 2] += 1  # a new name changes this time, whatever the file system
    assert not image_stamps.unchanged(found.stamps, now).any()


@pytest.mark.parametrize("image_format", [CANVASES, VIEWS])
def test_times_of_change_that_no_64_bits_hold(
    images: list[ImageFile], image_format: ImageFormat, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = os.stat

    class Far:
        """As tmpfs has it after `touch -d @17179869184`."""

        def __init__(self, found: os.stat_result) -> None:
            self.st_size, self.st_ino, self.st_dev = found.st_size, found.st_ino, found.st_dev
            self.st_mtime_ns = self.st_ctime_ns = 2**34 * 10**9

    def far(path: Any, *_: Any, **more: Any) -> Any:
        found = real(path, **more)
        return Far(found) if str(path).endswith(".png") else found

    monkeypatch.setattr(os, "stat", far)
    found = opened(images, image_format)
    fill(found, images)
    assert all(right_ones(found, images))


@pytest.mark.parametrize("setting", ["/tmp/a\0b", "/tmp/\ud800", "relative"])
def test_a_folder_that_no_path_can_name_is_said(
    images: list[ImageFile], setting: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "gone").mkdir()
    monkeypatch.chdir(tmp_path / "gone")
    (tmp_path / "gone").rmdir()
    found = opened(images, setting=setting)
    assert found.slots is None
    assert "are not kept in" in found.told[0]


def test_a_missing_file_is_never_kept_though_it_stays_missing(images: list[ImageFile]) -> None:
    before = decoded(images[0], CANVASES)
    images[0].path.unlink()
    found = opened(images)
    store_of(found).write(numbers_of(found)[0], images[0], *before)
    assert not store_of(found).there().any()


def test_names_of_any_bytes(tmp_path: Path) -> None:
    folder = tmp_path / os.fsdecode(b"caf\xe9\n")
    (image,) = image_files(folder, 1)
    found = store_opening.open_store(os.fsdecode(b"caf\xe9"), [image], CANVASES, "auto")
    fill(found, [image])
    assert all(right_ones(found, [image]))
    assert [store.data for store in kept_stores.stores(kept_stores.default_folder())] != [""]


class _KilledError(BaseException):
    """Stands for SIGKILL at a call of the system."""


def killed_at(step: int, share: float) -> Callable[[int, Any, int], int]:
    """A `pwrite` that ends the process at the call `step`, after a share of its bytes."""
    calls = iter(range(step + 1))
    real = os.pwrite

    def pwrite(descriptor: int, content: Any, at: int) -> int:
        if next(calls) < step:
            return real(descriptor, content, at)
        real(descriptor, content[: int(share * len(content))], at)
        raise _KilledError

    return pwrite


@pytest.mark.parametrize("share", [0.0, 0.2, 0.6, 0.8])
@pytest.mark.parametrize("step", range(5))
def test_a_kill_at_any_call_leaves_no_wrong_image(
    images: list[ImageFile], step: int, share: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = opened(images)
    with monkeypatch.context() as patch:
        patch.setattr(os, "pwrite", killed_at(step, share))
        with pytest.raises(_KilledError):
            fill(found, images)
    there = right_ones(opened(images), images)
    assert there.count(True) == step // 2
    fill(found, images)
    assert all(right_ones(found, images))


# Writes the images of a folder, from a random one on: one for each byte that it is given, and all
# that are left at the end of its input. Prints a line after each.
ROOT = Path(__file__).parents[1]
WRITER = """
import random, sys
from tests.kept_images import listed, made_up, opened, store_of, LARGE
images = listed(sys.argv[1])
found = opened(images, LARGE)
begin = random.Random(sys.argv[2]).randrange(len(images))
for number in [*range(begin, len(images)), *range(begin)]:
    if store_of(found).read(number) is None:
        sys.stdin.buffer.read(1)
        store_of(found).write(number, images[number], made_up(number), 0.0)
        print(number, flush=True)
"""


@contextmanager
def writers(folder: Path, seed: int) -> Iterator[list[subprocess.Popen[bytes]]]:
    """Two processes at once."""
    command = [sys.executable, "-c", WRITER, str(folder)]
    with contextlib.ExitStack() as at_the_end:
        started = []
        for each in (2 * seed, 2 * seed + 1):
            process = subprocess.Popen(
                [*command, str(each)],
                cwd=ROOT,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
            )
            started.append(at_the_end.enter_context(process))
            at_the_end.callback(process.kill)
        yield started


def right_made_up(images: list[ImageFile]) -> int:
    """How many images are there; each must be as it was written."""
    store = store_of(opened(images, LARGE))
    there = np.flatnonzero(store.there()).tolist()
    for number in there:
        kept = store.read(number)
        assert kept is not None
        assert np.array_equal(kept[0].pixels, made_up(number).pixels)
    return len(there)


def test_processes_that_are_killed_while_they_write_leave_no_wrong_image(tmp_path: Path) -> None:
    images = image_files(tmp_path / "photos", 120)
    chance, before = random.Random(7), 0
    for seed in range(4):
        with writers(tmp_path / "photos", seed) as started:
            for process in started:
                assert process.stdin is not None
                assert process.stdout is not None
                count = chance.randrange(1, 14)
                process.stdin.write(bytes(count + 1))
                process.stdin.flush()
                for _ in range(count):
                    process.stdout.readline()
                process.kill()  # while it writes one more
        now = right_made_up(images)
        assert now > before
        before = now


def test_two_processes_that_write_at_once_keep_all(tmp_path: Path) -> None:
    images = image_files(tmp_path / "photos", 40)
    with writers(tmp_path / "photos", 0) as started:
        for process in started:
            assert process.stdin is not None
            process.stdin.close()
        assert [process.wait(60) for process in started] == [0, 0]
    assert right_made_up(images) == 40


@contextmanager
def files_of_at_most(size: int) -> Iterator[None]:
    """The system refuses to write behind this place of any file."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_a_disk_that_fills_ends_writing_in_all_processes_and_is_told_once(
    images: list[ImageFile],
) -> None:
    found = opened(images)
    store = store_of(found)
    worker: ImageStore = pickle.loads(pickle.dumps(store))
    fill(found._replace(slots=ImageSlots(worker, np.arange(2))), images[:2])
    with files_of_at_most(2 * store.layout.slot_bytes + 100):
        worker.write(2, images[2], *decoded(images[2], CANVASES))
    fill(found, images)
    assert right_ones(found, images) == [True] * 2 + [False] * 4
    (note,) = store.pop_notes()
    assert os.strerror(errno.EFBIG) in note
    assert "2 of 6" in note
    assert store.pop_notes() == ()
    later = opened(images)
    assert store_of(later).pop_notes() == ()
    fill(later, images)
    assert all(right_ones(later, images))


def test_a_store_that_has_taken_its_room_takes_no_more(
    images: list[ImageFile], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kept_stores, "MOST_BYTES", 18_000)
    found = opened(images)
    fill(found, images)
    count = right_ones(found, images).count(True)
    assert 0 < count < 6
    assert store_of(found).taken_bytes <= 18_000
    (note,) = store_of(found).pop_notes()
    assert f"({kept_stores.MOST_BYTES // 1000} kB): {count} of 6" in note


def test_the_room_belongs_to_each_opening(
    images: list[ImageFile], monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(kept_stores, "MOST_BYTES", 18_000)
        small = opened(images)
    large = opened(images)
    fill(small, images)
    assert not store_of(small).there().all()
    fill(large, images)
    assert all(right_ones(large, images))
    assert store_of(large).pop_notes() == ()


def test_many_views_take_all_the_room_and_no_more(
    images: list[ImageFile], monkeypatch: pytest.MonkeyPatch
) -> None:
    large = replace(VIEWS, size=64)
    slot = StoreLayout("", 6, large, 0).slot_bytes
    monkeypatch.setattr(kept_stores, "MOST_BYTES", 4 * slot + 8000)
    found = opened(images, large)
    views = Views(
        np.ones((6, *large.shape), np.uint8), np.zeros(6, np.float32), np.ones(6, np.bool_)
    )
    store_of(found).write_views(slots_of(found).numbers, images, views)
    assert store_of(found).there().sum() == 4
    assert store_of(found).taken_bytes <= store_of(found).layout.room
    (note,) = store_of(found).pop_notes()
    assert "4 of 6 are kept" in note


def test_the_start_says_how_many_images_will_be_kept(
    images: list[ImageFile], monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(kept_stores, "MOST_BYTES", 18_000)
        small = opened(images)
        assert f"about {store_of(small).layout.fitting(0, 0)} of the 6 images" in small.told[0]
        fill(small, images)
        there = int(store_of(small).there().sum())
        store_of(small).close()
        assert "has room for no more" in opened(images).told[0]
    again = opened(images)
    assert f"{there} of 6 images come decoded from" in again.told[0]
    assert "the others are kept there as well" in again.told[0]
    fill(again, images)
    store_of(again).close()
    monkeypatch.setattr(kept_stores, "MOST_BYTES", 10_000)  # less than it takes
    assert opened(images).told[0].startswith("6 of 6 images come decoded from")
    assert "room" not in opened(images).told[0]


def test_the_start_says_that_all_images_are_kept(images: list[ImageFile]) -> None:
    assert opened(images).told[0].startswith("the 6 images are kept decoded in")


@pytest.mark.parametrize("name", [PIXELS, INDEX, STAMPS])
def test_a_store_that_is_cut_off_is_thrown_away_and_this_is_said(
    images: list[ImageFile], name: str
) -> None:
    found = opened(images)
    fill(found, images)
    store_of(found).close()
    file = folder_of(found) / name
    os.truncate(file, file.stat().st_size - 1)
    found = opened(images)
    assert "photos" in found.told[0]
    assert "made anew" in found.told[0]
    assert not any(right_ones(found, images))
    fill(found, images)
    assert len(opened(images).told) == 1


NESTED = b'{"x": ' + b"[" * 100_000 + b"]" * 100_000 + b"}"


@pytest.mark.parametrize(
    "content", [b"", b"{", b"[]", b'{"version": 2}', b"\xff\xfe", NESTED], ids=lambda c: c[:9]
)
def test_what_has_no_header_of_a_store_is_left_and_the_run_goes_on_without(
    images: list[ImageFile], content: bytes
) -> None:
    found = opened(images)
    fill(found, images)
    store_of(found).close()
    (folder_of(found) / HEADER).write_bytes(content)
    before = {path: path.stat().st_mtime_ns for path in folder_of(found).iterdir()}
    again = opened(images)
    assert again.slots is None
    (sentence,) = again.told
    assert str(folder_of(found)) in sentence
    assert "it stays as it is" in sentence
    assert kept_stores.clear(folder_of(found).parent).freed == 0
    assert {path: path.stat().st_mtime_ns for path in folder_of(found).iterdir()} == before


def test_a_store_of_another_version_of_the_program_is_thrown_away(
    images: list[ImageFile], monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(opened(images), images)
    with monkeypatch.context() as patch:
        patch.setattr(store_header, "VERSION", store_header.VERSION + 1)
        patch.setattr(kept_stores, "VERSION", store_header.VERSION)
        (store,) = kept_stores.stores(kept_stores.default_folder())
        assert not store.current
        assert not store.complete
        later = opened(images)
        assert not any(right_ones(later, images))
        assert len(kept_stores.stores(kept_stores.default_folder())) == 2


def make_folder(path: Path) -> None:
    path.mkdir()
    (path / "thesis.txt").write_text("mine")


def make_file(path: Path) -> None:
    path.write_text("mine")


def add_to_store(path: Path) -> None:
    """A store to which somebody has added a file."""
    images = image_files(path.parent.parent / "other photos", 1)
    made = folder_of(opened(images, setting=str(path.parent)))
    make_file(made / "thesis.txt")
    made.rename(path)


@pytest.mark.parametrize("make", [make_folder, make_file, add_to_store])
@pytest.mark.parametrize(
    "name", ["d41d8cd98f00b204e9800998ecf8427e", ".new-deadbeef", ".gone-0a0a0a0a"]
)
def test_what_somebody_else_has_in_the_folder_is_never_removed_or_named(
    images: list[ImageFile],
    tmp_path: Path,
    name: str,
    make: Callable[[Path], None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    mine = tmp_path / "mine"
    mine.mkdir()
    make(mine / name)
    image_store._reopened.cache_clear()
    before = sorted(path for path in mine.rglob("*") if path.parent != mine or path.name == name)
    assert kept_stores.stores(mine) == []
    monkeypatch.setattr(kept_stores, "MOST_BYTES", 9000)  # others would give way to it
    assert opened(images, setting=str(mine)).slots is not None
    kept_stores.clear(mine)
    assert [path for path in before if not path.exists()] == []


def test_what_lies_where_the_store_would_be_is_left(images: list[ImageFile]) -> None:
    found = opened(images)
    store_of(found).close()
    kept_stores.remove(folder_of(found))
    make_folder(folder_of(found))
    again = opened(images)
    assert again.slots is None
    assert "it stays as it is" in again.told[0]
    assert (folder_of(found) / "thesis.txt").exists()


def test_clear_leaves_nothing_in_a_folder_without_stores(tmp_path: Path) -> None:
    make_folder(tmp_path / "mine")
    assert kept_stores.clear(tmp_path / "mine") == (0, [])
    assert [path.name for path in (tmp_path / "mine").iterdir()] == ["thesis.txt"]


@pytest.mark.parametrize("size", [0, 4200])
def test_a_store_that_is_cut_off_while_it_is_used_is_no_danger(
    images: list[ImageFile], size: int
) -> None:
    found = opened(images, VIEWS)
    fill(found, images)
    os.truncate(folder_of(found) / PIXELS, size // 10)
    assert not any(right_ones(found, images))
    assert not read_views(slots_of(found)).there.all()
    os.truncate(folder_of(found) / INDEX, size)
    assert not store_of(found).there().all()
    fill(found, images)
    store_of(found).seal()


def test_a_store_that_is_not_a_folder_of_this_user_is_left(
    images: list[ImageFile], tmp_path: Path
) -> None:
    found = opened(images)
    fill(found, images)
    store_of(found).close()
    others = tmp_path / "others"
    folder_of(found).rename(others)
    folder_of(found).symlink_to(others)
    assert opened(images).slots is None
    assert kept_stores.clear(folder_of(found).parent).freed == 0
    assert folder_of(found).is_symlink()
    assert (others / HEADER).exists()


def test_a_folder_of_another_user_is_not_used(
    images: list[ImageFile], monkeypatch: pytest.MonkeyPatch
) -> None:
    kept_stores.default_folder().mkdir(parents=True)
    monkeypatch.setattr(os, "geteuid", lambda: os.getuid() + 1)
    found = opened(images)
    assert found.slots is None
    assert "belongs to another user" in found.told[0]


def test_pixels_that_are_cut_off_while_they_are_used_are_told_once(images: list[ImageFile]) -> None:
    found = opened(images)
    fill(found, images)
    os.truncate(folder_of(found) / PIXELS, 100)
    (note,) = store_of(found).pop_notes()
    assert note == cache_text.cut_off(folder_of(found).parent)
    assert store_of(found).pop_notes() == ()


def test_stamps_that_are_cut_off_while_images_are_written_are_told(images: list[ImageFile]) -> None:
    found = opened(images)
    os.truncate(folder_of(found) / STAMPS, 40)
    fill(found, images)
    assert right_ones(found, images) == [True] + [False] * 5
    (note,) = store_of(found).pop_notes()
    assert cache_text.CUT in note
    assert "1 of 6" in note


def test_a_store_that_is_moved_while_it_is_used_is_sealed_where_it_is(
    images: list[ImageFile], tmp_path: Path
) -> None:
    found = opened(images)
    fill(found, images)
    folder_of(found).rename(tmp_path / "moved")
    store_of(found).seal()
    assert store_of(found).pop_notes() == ()
    assert all(right_ones(found, images))


def test_an_index_that_the_disk_refuses_loses_no_image_and_is_said(
    images: list[ImageFile], monkeypatch: pytest.MonkeyPatch
) -> None:
    found = opened(images)
    fill(found, images)
    real, index = os.fsync, store_of(found)._index

    def refused(descriptor: int) -> None:
        if descriptor == index:
            raise OSError(errno.EIO, "")
        real(descriptor)

    monkeypatch.setattr(os, "fsync", refused)
    store_of(found).seal()
    assert all(right_ones(found, images))
    (note,) = store_of(found).pop_notes()
    assert note == cache_text.not_safe(folder_of(found).parent, os.strerror(errno.EIO))


def test_an_index_that_is_overwritten_is_written_again(images: list[ImageFile]) -> None:
    found = opened(images)
    fill(found, images)
    index = folder_of(found) / INDEX
    with index.open("r+b") as file:
        file.write(np.random.default_rng(1).bytes(index.stat().st_size))
    assert store_of(found).pop_notes() == ()
    fill(found, images)
    assert all(right_ones(found, images))


@pytest.mark.parametrize(
    "record",
    [
        Record(4_000_000, 4_000_000, (1, 1), 0.0),
        Record(2**32 - 1, 2**32 - 1, (1, 1), 0.0),
        Record(0, 0, (0, 0), 0.0),
        Record(16, 16, (0, 9), 0.0),
    ],
)
def test_a_record_that_no_image_has_stands_for_none(
    images: list[ImageFile], record: Record
) -> None:
    found = opened(images)
    fill(found, images)
    with (folder_of(found) / INDEX).open("r+b") as file:
        file.seek(store_of(found).layout.record_at(0))
        file.write(record.packed())
    assert right_ones(found, images) == [False] + [True] * 5
    assert store_of(found).there().tolist() == [False] + [True] * 5
    fill(found, images)
    assert all(right_ones(found, images))


def test_an_image_that_is_larger_than_its_slot_is_not_kept(images: list[ImageFile]) -> None:
    found = opened(images)
    store = store_of(found)
    side = 1 + int(store.layout.slot_pixels**0.5)
    store.write(0, images[0], Canvas(np.zeros((side, side, 3), np.uint8), (side, side)), 0.0)
    assert not store.there().any()


def test_an_opening_reads_the_index_of_no_other_store(
    tmp_path: Path, images: list[ImageFile], monkeypatch: pytest.MonkeyPatch
) -> None:
    filled(tmp_path, "a", 10)
    looked_at, real = list[Path](), kept_stores.there

    def there(store: Path) -> npt.NDArray[np.bool_]:
        looked_at.append(store)
        return real(store)

    monkeypatch.setattr(kept_stores, "there", there)
    found = opened(images)
    assert looked_at == [folder_of(found)]


class _SlowStore:
    """Seals only when it may, and counts how often."""

    def __init__(self) -> None:
        self.begun, self.may_end = threading.Event(), threading.Event()
        self.sealed, self.closed = 0, False

    def seal(self) -> None:
        self.begun.set()
        assert self.may_end.wait(60)
        self.sealed += 1

    def close(self) -> None:
        self.closed = True


def test_what_is_written_while_a_seal_runs_is_sealed_at_the_end() -> None:
    store = _SlowStore()
    sealing = Sealing(cast("ImageStore", store))
    sealing.begin()
    assert store.begun.wait(60)
    threading.Timer(0.05, store.may_end.set).start()
    sealing.close()
    assert (store.sealed, store.closed) == (2, True)


def test_what_is_not_sealed_is_lost_with_the_boot(
    images: list[ImageFile], monkeypatch: pytest.MonkeyPatch
) -> None:
    found = opened(images)
    some = ImageSlots(store_of(found), np.array([0, 1, 4]))
    fill(found._replace(slots=some), [images[at] for at in (0, 1, 4)])
    store_of(found).seal()
    fill(found, images)
    store_of(found).close()
    monkeypatch.setattr(store_opening, "boot_id", lambda: "another boot")
    found = opened(images)
    assert right_ones(found, images) == [True, True, False, False, True, False]
    fill(found, images)
    assert all(right_ones(opened(images), images))


def test_a_store_that_another_machine_writes_is_left_alone(images: list[ImageFile]) -> None:
    found = opened(images)
    fill(found, images)
    header = msgspec.json.decode((folder_of(found) / HEADER).read_bytes(), type=Header)
    elsewhere = msgspec.structs.replace(header, boot="of another machine")
    (folder_of(found) / HEADER).write_bytes(msgspec.json.encode(elsewhere))
    assert opened(images).slots is None
    assert all(right_ones(found, images))


def test_pixels_that_the_disk_refuses_in_the_end_are_forgotten(
    images: list[ImageFile], monkeypatch: pytest.MonkeyPatch
) -> None:
    found = opened(images)
    fill(found, images)

    def full(descriptor: int) -> None:
        raise OSError(errno.ENOSPC, "")

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", full)
        store_of(found).seal()
    assert not any(right_ones(found, images))
    (note,) = store_of(found).pop_notes()
    assert os.strerror(errno.ENOSPC) in note


def test_a_network_file_system_is_used_only_when_asked(
    images: list[ImageFile], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = cache_folder().parent
    mounted = f"1 0 0:1 / / rw - ext4 a rw\n2 1 0:2 / {home} rw - nfs4 server:/home rw\n"
    monkeypatch.setattr(file_systems, "mounts", lambda: mounted)
    found = opened(images)
    assert found.slots is None
    assert "(nfs4)" in found.told[0]
    assert opened(images, setting="on").slots is not None
    assert opened(images, setting=str(tmp_path / "mine")).slots is not None


def test_file_systems_of_fuse_but_for_local_disks_are_networks() -> None:
    kinds = ["fuse.sshfs", "cifs", "fuseblk", "ext4", "overlay", ""]
    assert [file_systems.is_network(kind) for kind in kinds] == [True] * 2 + [False] * 4


def test_a_file_system_without_holes_is_not_used(
    images: list[ImageFile], monkeypatch: pytest.MonkeyPatch
) -> None:
    def length(path: Path) -> int:
        return path.stat().st_size if path.is_file() else 0

    monkeypatch.setattr(kept_stores, "disk_bytes", length)
    found = opened(images)
    assert found.slots is None
    assert "no sparse files" in found.told[0]
    assert [path.name for path in kept_stores.default_folder().iterdir()] == ["lock"]


def test_a_folder_that_cannot_be_written_is_said(images: list[ImageFile], tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    found = opened(images, setting=str(tmp_path / "file" / "images"))
    assert found.slots is None
    assert len(found.told) == 1


def test_nothing_is_kept_where_it_is_off_or_no_file_tells_of_changes(
    images: list[ImageFile],
) -> None:
    assert opened(images, setting="off") == OpenedStore()
    mixed: list[StoredImage] = [*images, MemoryImage("a")]
    assert store_opening.open_store("set", mixed, CANVASES, "auto") == OpenedStore()
    assert store_opening.open_store("set", [], CANVASES, "auto") == OpenedStore()
    assert not kept_stores.default_folder().exists()


def filled(folder: Path, name: str, used: int) -> OpenedStore:
    """A store of three images that was used last at this time."""
    images = image_files(folder / name, 3, seed=used)
    found = store_opening.open_store(name, images, CANVASES, "auto")
    fill(found, images)
    os.utime(folder_of(found) / LOCK, (used, used))
    return found


def test_the_stores_used_longest_ago_give_way_but_none_in_use(
    tmp_path: Path, images: list[ImageFile], monkeypatch: pytest.MonkeyPatch
) -> None:
    found = [filled(tmp_path, name, used) for name, used in (("c", 30), ("a", 10), ("b", 20))]
    for each in (found[0], found[2]):
        store_of(each).close()
    taken = sum(store.bytes for store in kept_stores.stores(kept_stores.default_folder()))
    needed = StoreLayout("", 6, CANVASES, 0).likely_bytes
    monkeypatch.setattr(kept_stores, "MOST_BYTES", taken + needed - 1)
    opened(images)
    assert not folder_of(found[2]).exists()
    assert folder_of(found[0]).exists()
    assert folder_of(found[1]).exists()


@pytest.mark.parametrize("dropped", [0, 2])
def test_a_complete_store_needs_no_more_room_than_it_takes(
    tmp_path: Path, images: list[ImageFile], monkeypatch: pytest.MonkeyPatch, dropped: int
) -> None:
    large = replace(CANVASES, canvas=100)  # than the images, which are kept as they are
    unused, images = images[:dropped], images[dropped:]

    def opened(images: list[ImageFile], form: ImageFormat) -> OpenedStore:
        return store_opening.open_store("photos", images, form, "auto", unused)

    fill(opened(images, large), images)
    store_of(other := filled(tmp_path, "a", 10)).close()
    taken = sum(store.bytes for store in kept_stores.stores(kept_stores.default_folder()))
    monkeypatch.setattr(kept_stores, "MOST_BYTES", taken + 100_000)
    assert all(right_ones(opened(images, large), images))
    assert folder_of(other).exists()


def test_a_store_that_is_removed_while_it_is_used_goes_on(images: list[ImageFile]) -> None:
    found = opened(images)
    fill(found, images)
    pickled = pickle.dumps(store_of(found))
    kept_stores.remove(folder_of(found))
    assert all(right_ones(found, images))
    store_of(found).seal()
    image_store._reopened.cache_clear()
    assert pickle.loads(pickled) is None


def test_a_disk_without_room_is_said(
    images: list[ImageFile], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kept_stores, "FREE_SHARE", 0.0)
    found = opened(images)
    assert found.slots is None
    assert "has room for 0 B" in found.told[0]


def test_what_killed_processes_left_is_removed(images: list[ImageFile]) -> None:
    found = opened(images)
    left = [kept_stores.default_folder() / name for name in (".new-0123abcd", ".gone-0123abcd")]
    for path in left:
        shutil.copytree(folder_of(found), path)
    (left[1] / PIXELS).unlink()
    (kept_stores.default_folder() / ".new-00000000").mkdir()  # killed before it wrote anything
    link = kept_stores.default_folder() / ".gone-00000000"
    link.symlink_to(images[0].folder)
    opened(images)
    names = {path.name for path in kept_stores.default_folder().iterdir()}
    assert names == {"lock", folder_of(found).name, link.name}
    assert images[0].path.exists()


def test_folders_and_files_are_for_this_user_alone(images: list[ImageFile]) -> None:
    folder = folder_of(opened(images))
    assert [path.stat().st_mode & 0o777 for path in (folder.parent, folder)] == [0o700] * 2
    assert {path.stat().st_mode & 0o777 for path in folder.iterdir()} == {0o600}


def test_a_torn_record_stands_for_no_image() -> None:
    content = Record(300, 400, (3000, 4000), 0.125).packed()
    assert slot_records.unpacked(content) == Record(300, 400, (3000, 4000), 0.125)
    assert slot_records.unpacked(bytes(len(content))) is None
    for at in range(0, 28, 4):
        for torn in (content[:at] + bytes(32 - at), bytes(at) + content[at:]):
            assert (torn == content) or slot_records.unpacked(torn) is None


def test_records_are_judged_alike_alone_and_together() -> None:
    whole = Record(300, 400, (3000, 4000), 0.125).packed()
    torn = whole[:12] + bytes(4) + whole[16:]
    records = np.frombuffer(whole + torn + bytes(32), np.uint32).reshape(3, -1)
    assert slot_records.written(records).tolist() == [True, False, False]
    safe = slot_records.made_safe(records[:1])
    assert slot_records.unpacked(safe.tobytes()) == slot_records.unpacked(whole)
