"""Finds the store of a data set, or makes one."""

from __future__ import annotations

import contextlib
import os
import secrets
import shutil
from collections.abc import Sequence
from dataclasses import replace
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import NamedTuple

import msgspec
import PIL
from PIL import features

from engine import regular_files, text
from engine.data.cache import cache_text, image_stamps, kept_stores, store_header
from engine.data.cache.image_slots import ImageSlots
from engine.data.cache.image_stamps import Numbers, Stamped
from engine.data.cache.image_store import ImageStore
from engine.data.cache.slot_records import RECORD_BYTES
from engine.data.cache.store_header import Header
from engine.data.cache.store_layout import (
    HEAD_BYTES,
    HEADER,
    INDEX,
    LOCK,
    PIXELS,
    STAMPS,
    TRIAL,
    StoreLayout,
)
from engine.data.decoding.image_format import ImageFormat
from engine.data.stored.stored_image import StoredImage
from engine.errors import EngineError
from engine.machine import file_systems
from engine.recipes.recipe import CACHE_AUTO, CACHE_OFF, CACHE_ON
from engine.run import durable_files
from engine.run.lock_owner import boot_id

# The length of a file that tries whether a file system has holes.
TRIAL_BYTES = 1 << 20
# The packages that read chosen bands, the second one for the first.
BANDS_READ_BY = "tifffile", "imagecodecs"


class OpenedStore(NamedTuple):
    """The slots of images in the order given, if there is a store for them, and sentences on it.

    The caller closes the store.
    """

    slots: ImageSlots | None = None
    told: tuple[str, ...] = ()


class _Refused(Exception):  # noqa: N818 (it is no error: the run goes on)
    """Why images cannot be kept, as a sentence."""


def open_store(
    place: str,
    images: Sequence[StoredImage],
    image_format: ImageFormat,
    setting: str,
    unused: Sequence[StoredImage] = (),
) -> OpenedStore:
    """The store of these images, in the format, as a recipe's `cache` sets.

    `place` is the path or the name of their data set. It is the store of the `unused` images, too:
    another run that uses some of them has the same. There is none for images that lie in no files.
    Nothing is raised: a run without a store only takes longer.
    """
    if setting == CACHE_OFF or not images:
        return OpenedStore()
    where: object = setting
    try:
        where = folder = folder_of(setting)
        if (found := image_stamps.stamped([*images, *unused])) is None:
            return OpenedStore()
        _prepare(folder, is_asked_for=setting != CACHE_AUTO)
        with kept_stores.locked(folder):
            found = found._replace(numbers=found.numbers[: len(images)])
            store, told = _opened(folder, place, found, image_format)
            slots = ImageSlots(store, found.numbers)
            told.append(_kept(slots, folder))
    except _Refused as refused:
        return OpenedStore(told=(str(refused),))
    except OSError as error:
        return OpenedStore(told=(cache_text.not_kept(where, text.reason(error)),))
    except (EngineError, ValueError, OverflowError) as error:  # of names and times of any kind
        return OpenedStore(told=(cache_text.not_kept(where, str(error)),))
    return OpenedStore(slots, tuple(told))


def folder_of(setting: str) -> Path:
    """The folder of the stores that a recipe's `cache` means.

    Raises OSError where it is relative to a folder that is gone.
    """
    if setting in (CACHE_AUTO, CACHE_ON):
        return kept_stores.default_folder()
    return Path(os.path.abspath(setting))


def _prepare(folder: Path, *, is_asked_for: bool) -> None:
    """Make the folder of the stores. Raises OSError and _Refused."""
    os.makedirs(folder, mode=0o700, exist_ok=True)
    if not store_header.is_own(folder.resolve()):
        raise _Refused(cache_text.others_folder(folder))
    kind = file_systems.type_of(folder.resolve(), file_systems.mounts())
    if file_systems.is_network(kind) and not is_asked_for:
        raise _Refused(cache_text.on_network(folder, kind))


def _opened(
    folder: Path, place: str, found: Stamped, image_format: ImageFormat
) -> tuple[ImageStore, list[str]]:
    """The store, and sentences on what was wrong with it.

    The folder is locked. Raises OSError and _Refused.
    """
    kept_stores.sweep(folder)
    name = image_stamps.digest(found, repr((_decisive(image_format), _versions(image_format))))
    path, told = folder / name, list[str]()
    if os.path.lexists(path) and store_header.header_of(path) is None:
        raise _Refused(cache_text.name_taken(path))
    layout = StoreLayout(str(path), len(found.stamps), image_format, room=0)
    layout = _with_room(layout, folder, found.numbers)
    if os.path.lexists(path) and not _is_sound(layout, found):
        kept_stores.remove(path)
        told.append(cache_text.thrown_away(place))
    if not os.path.lexists(path):
        _make(layout, found, place)
    store = ImageStore(layout)
    try:
        store.begin_writing()
        os.utime(path / LOCK)
        store.hold()
    except OSError:
        store.close()
        raise
    return store, told


def _kept(slots: ImageSlots, folder: Path) -> str:
    """A sentence on how many images of these slots are there, and will be. Raises OSError."""
    store, numbers = slots
    there, taken = store.there(), store.taken_bytes
    count, own = int(there.sum()), int(there[numbers].sum())
    more = store.layout.fitting(count, taken) - count
    fitting = min(len(numbers), own + more)
    return cache_text.kept(own, len(numbers), fitting, taken, folder, _command(folder))


def _command(folder: Path) -> str:
    """What removes the stores of a folder."""
    if folder == kept_stores.default_folder():
        return "cnn-tui cache --clear"
    return f"cnn-tui cache {text.typed(str(folder))} --clear"


def _decisive(image_format: ImageFormat) -> object:
    """What of the format decides on the bytes of a slot."""
    if image_format.canvas:
        return image_format.canvas, image_format.channels, image_format.rendering
    return image_format


def _versions(image_format: ImageFormat) -> tuple[object, ...]:
    """Those of what decides on the pixels besides the format: of this program and of packages."""
    own = store_header.VERSION, PIL.__version__, features.version("jpg")
    return (*own, *map(_version_of, BANDS_READ_BY)) if image_format.rendering.bands else own


def _version_of(package: str) -> str | None:
    """None where it is not installed."""
    with contextlib.suppress(PackageNotFoundError):
        return version(package)
    return None


def _with_room(layout: StoreLayout, folder: Path, numbers: Numbers) -> StoreLayout:
    """The layout with the room that the store may take, of which a run uses these slots.

    Stores that nobody uses are removed where it needs theirs, the one used longest ago first.
    """
    path = Path(layout.folder)
    others = [store for store in kept_stores.found(folder) if store.path != path]
    own = kept_stores.disk_bytes(path)
    there = kept_stores.there(path)
    is_complete = len(there) == layout.count and bool(there[numbers].all())
    taken = sum(store.bytes for store in others)
    most = kept_stores.most_bytes(folder, taken + own)
    wanted = min(most, own if is_complete else max(own, layout.likely_bytes))
    for store in others:
        if taken + wanted > most and not store.live:
            kept_stores.remove(store.path)
            taken -= store.bytes
    room = max(0, most - taken)
    if max(room, own) < layout.slot_bytes:
        raise _Refused(cache_text.no_room(folder, room))
    return replace(layout, room=room)


def _is_sound(layout: StoreLayout, found: Stamped) -> bool:
    """Whether the store can be used, of which a power cut may have cost a part.

    Raises OSError and _Refused.
    """
    path = Path(layout.folder)
    header = store_header.header_of(path)
    if (
        header is None
        or header.version != store_header.VERSION
        or not _has_right_files(layout, found)
    ):
        return False
    if header.boot and header.boot == boot_id():
        return True
    if kept_stores.is_live(path):  # by a process of another machine
        raise _Refused(cache_text.not_kept(path, cache_text.ELSEWHERE))
    store = ImageStore(layout)
    store.forget_unsafe()
    store.close()
    _write_header(layout, header.data)
    return True


def _has_right_files(layout: StoreLayout, found: Stamped) -> bool:
    """Whether all files of a store are there as a whole."""
    sizes = {
        PIXELS: layout.pixel_bytes,
        INDEX: layout.record_at(layout.count),
        STAMPS: found.stamps.nbytes,
        LOCK: 0,
    }
    try:
        right = all(os.lstat(layout.path(name)).st_size == sizes[name] for name in sizes)
        return (
            right and regular_files.read_bytes(Path(layout.path(STAMPS))) == found.stamps.tobytes()
        )
    except OSError:
        return False


def _make(layout: StoreLayout, found: Stamped, place: str) -> None:
    """Make an empty store, under its name only when it is whole. Raises OSError and _Refused."""
    path = Path(layout.folder)
    new = path.with_name(f".new-{secrets.token_hex(4)}")
    os.mkdir(new, mode=0o700)
    begun = StoreLayout(str(new), layout.count, layout.image_format, layout.room)
    try:
        _write_header(begun, place)  # first, so that what a kill leaves is known as a store
        _check_holes(new)
        _create(begun.path(PIXELS), b"", begun.pixel_bytes)
        _create(begun.path(INDEX), b"", HEAD_BYTES + begun.count * RECORD_BYTES)
        _create(begun.path(STAMPS), found.stamps.tobytes(), found.stamps.nbytes)
        _create(begun.path(LOCK), b"", 0)
        durable_files.sync_folder(new)
        os.rename(new, path)
        durable_files.sync_folder(path.parent)
    finally:
        shutil.rmtree(new, ignore_errors=True)


def _check_holes(new: Path) -> None:
    """Raise _Refused where the length of a file is written to the disk, as on FAT."""
    trial = new / TRIAL
    _create(str(trial), b"", TRIAL_BYTES)
    taken = kept_stores.disk_bytes(trial)
    trial.unlink()
    if taken >= TRIAL_BYTES:
        raise _Refused(cache_text.not_kept(new.parent, cache_text.NO_HOLES))


def _create(path: str, content: bytes, size: int) -> None:
    descriptor = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_CLOEXEC, 0o600)
    with open(descriptor, "wb") as file:
        file.write(content)
        file.truncate(size)


def _write_header(layout: StoreLayout, place: str) -> None:
    image_format = layout.image_format
    form = cache_text.form(image_format.canvas, image_format.shape)
    header = Header(store_header.VERSION, text.harmless(place), layout.count, form, boot_id())
    durable_files.write_durably(Path(layout.folder, HEADER), msgspec.json.encode(header))
