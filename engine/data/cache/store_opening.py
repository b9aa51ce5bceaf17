"""Finds the store of a data set, or makes one."""

from __future__ import annotations

import os
import secrets
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import msgspec
import PIL
from PIL import features

from engine import regular_files, text
from engine.data.cache import cache_text, image_stamps, kept_stores
from engine.data.cache.image_stamps import Numbers, Stamped
from engine.data.cache.image_store import ImageStore
from engine.data.cache.kept_stores import Header
from engine.data.cache.slot_records import RECORD_BYTES
from engine.data.cache.store_layout import (
    HEAD_BYTES,
    HEADER,
    INDEX,
    LOCK,
    PIXELS,
    STAMPS,
    StoreLayout,
)
from engine.data.decoding.image_format import ImageFormat
from engine.data.stored.stored_image import StoredImage
from engine.errors import EngineError
from engine.machine import file_systems
from engine.recipes.recipe import CACHE_AUTO, CACHE_OFF, CACHE_ON
from engine.run.durable_files import write_durably
from engine.run.lock_owner import boot_id

# The length of a file that tries whether a file system has holes.
TRIAL_BYTES = 1 << 20


class OpenedStore(NamedTuple):
    """A store, the slots `numbers` (N,) of the images in the order given, and sentences on it.

    Without a store there are no numbers. The caller closes it.
    """

    store: ImageStore | None
    numbers: Numbers | None = None
    told: tuple[str, ...] = ()


class _Refused(Exception):  # noqa: N818 (it is no error: the run goes on)
    """Why images cannot be kept, as a sentence."""


def open_store(
    place: str, images: Sequence[StoredImage], image_format: ImageFormat, setting: str
) -> OpenedStore:
    """The store of these images, in the format, as a recipe's `cache` sets.

    `place` is the path or the name of their data set. There is none for images that lie in no
    files. Nothing is raised: a run without a store only takes longer.
    """
    if setting == CACHE_OFF or not images:
        return OpenedStore(None)
    folder = folder_of(setting)
    try:
        if (found := image_stamps.stamped(images)) is None:
            return OpenedStore(None)
        _prepare(folder, is_asked_for=setting != CACHE_AUTO)
        with kept_stores.locked(folder):
            store, told = _opened(folder, place, found, image_format)
    except _Refused as refused:
        return OpenedStore(None, told=(str(refused),))
    except OSError as error:
        return OpenedStore(None, told=(cache_text.not_kept(folder, text.reason(error)),))
    except EngineError as error:
        return OpenedStore(None, told=(cache_text.not_kept(folder, str(error)),))
    return OpenedStore(store, found.numbers, told)


def folder_of(setting: str) -> Path:
    """The folder of the stores that a recipe's `cache` means."""
    if setting in (CACHE_AUTO, CACHE_ON):
        return kept_stores.default_folder()
    return Path(os.path.abspath(setting))


def _prepare(folder: Path, *, is_asked_for: bool) -> None:
    """Make the folder of the stores. Raises OSError and _Refused."""
    os.makedirs(folder, mode=0o700, exist_ok=True)
    if not kept_stores.is_own(folder.resolve()):
        raise _Refused(cache_text.others_folder(folder))
    kind = file_systems.type_of(folder.resolve(), file_systems.mounts())
    if file_systems.is_network(kind) and not is_asked_for:
        raise _Refused(cache_text.on_network(folder, kind))


def _opened(
    folder: Path, place: str, found: Stamped, image_format: ImageFormat
) -> tuple[ImageStore, tuple[str, ...]]:
    """The store and sentences on it. The folder is locked. Raises OSError and _Refused."""
    kept_stores.sweep(folder)
    name = image_stamps.digest(found, repr((_decisive(image_format), _versions())))
    path, told = folder / name, list[str]()
    layout = StoreLayout(str(path), len(found.stamps), image_format, room=0)
    layout, most = _with_room(layout, folder)
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
    there, taken = int(store.there().sum()), store.taken_bytes
    command = _command(folder)
    told.append(cache_text.kept(there, layout.count, taken, most, folder, command))
    return store, tuple(told)


def _command(folder: Path) -> str:
    """What removes the stores of a folder."""
    named = "" if folder == kept_stores.default_folder() else f"{text.typed(str(folder))} "
    return f"cnn-tui cache {named}--clear"


def _decisive(image_format: ImageFormat) -> object:
    """What of the format decides on the bytes of a slot."""
    if image_format.canvas:
        return image_format.canvas, image_format.channels, image_format.rendering
    return image_format


def _versions() -> tuple[object, ...]:
    return kept_stores.VERSION, PIL.__version__, features.version("jpg")


def _with_room(layout: StoreLayout, folder: Path) -> tuple[StoreLayout, int]:
    """The layout with the room that the store may take, and what all may take together.

    Stores that nobody uses are removed where it needs theirs, the one used longest ago first.
    """
    found = kept_stores.stores(folder)
    others = [store for store in found if store.path != layout.folder]
    own = kept_stores.disk_bytes(Path(layout.folder))
    is_complete = any(store.complete for store in found if store.path == layout.folder)
    taken = sum(store.bytes for store in others)
    most = kept_stores.most_bytes(folder, taken + own)
    wanted = min(most, own if is_complete else max(own, layout.likely_bytes))
    for store in others:
        if taken + wanted > most and not store.live:
            kept_stores.remove(Path(store.path))
            taken -= store.bytes
    room = max(0, most - taken)
    if max(room, own) < layout.slot_bytes:
        raise _Refused(cache_text.no_room(folder, room))
    return StoreLayout(layout.folder, layout.count, layout.image_format, room), most


def _is_sound(layout: StoreLayout, found: Stamped) -> bool:
    """Whether the store can be used, of which a power cut may have cost a part.

    Raises OSError and _Refused.
    """
    path = Path(layout.folder)
    header = kept_stores.header_of(path)
    if header is None or not _has_right_files(layout, found):
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
        _check_holes(new)
        _create(begun.path(PIXELS), b"", begun.pixel_bytes)
        _create(begun.path(INDEX), b"", HEAD_BYTES + begun.count * RECORD_BYTES)
        _create(begun.path(STAMPS), found.stamps.tobytes(), found.stamps.nbytes)
        _create(begun.path(LOCK), b"", 0)
        _write_header(begun, place)
        os.rename(new, path)
    finally:
        shutil.rmtree(new, ignore_errors=True)


def _check_holes(new: Path) -> None:
    """Raise _Refused where the length of a file is written to the disk, as on FAT."""
    trial = new / "trial"
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
    header = Header(kept_stores.VERSION, text.harmless(place), layout.count, form, boot_id())
    write_durably(Path(layout.folder, HEADER), msgspec.json.encode(header))
