"""Decoded images in the slots of a file, which processes write and read at once.

Whoever decodes an image writes the same bytes into its slot, so nobody waits for anybody. The
record of a slot is written after its pixels: a process that is killed leaves an empty slot.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
import struct
from collections.abc import Sequence
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from engine import regular_files
from engine.data.cache import cache_text, image_stamps, slot_records
from engine.data.cache.image_stamps import Numbers
from engine.data.cache.slot_records import RECORD_BYTES, WORDS, Record, Records
from engine.data.cache.store_layout import (
    BLOCK,
    HEAD_BYTES,
    INDEX,
    LOCK,
    PIXELS,
    STAMP_BYTES,
    STAMPS,
    StoreLayout,
)
from engine.data.decoding.canvas import Canvas
from engine.data.decoding.image_format import Pixels, Shares
from engine.data.stored.stored_image import StoredImage

_HEAD = struct.Struct("<i")
# So many views are written at a time.
CHUNK = 1024
# How many stores a process keeps open.
MOST_OPEN = 4


class Views(NamedTuple):
    """What a store without canvases has of N images.

    `pixels` (N, C, size, size) and `outside` (N,), the share of the values of each outside the
    levels, hold for those that are `there` (N,).
    """

    pixels: Pixels
    outside: Shares
    there: npt.NDArray[np.bool_]

    @classmethod
    def none_there(cls, pixels: Pixels) -> Views:
        """Views of N images, none of which is there; this is the room for their pixels."""
        return cls(pixels, np.zeros(len(pixels), np.float32), np.zeros(len(pixels), np.bool_))


class ImageStore:
    """The decoded images of a data set. Threads and processes may use it at once.

    Pickled, it becomes its path: a decoding process opens it again, or gets None where it is gone.
    """

    def __init__(self, layout: StoreLayout) -> None:
        """Raises OSError."""
        self.layout = layout
        self._opened = contextlib.ExitStack()
        try:
            self._pixels, self._index, self._stamps, self._lock = (
                self._open(name) for name in (PIXELS, INDEX, STAMPS, LOCK)
            )
        except OSError:
            self._opened.close()
            raise
        self._stopped, self._said = 0, False

    def _open(self, name: str) -> int:
        descriptor = regular_files.open_descriptor(self.layout.path(name), os.O_RDWR)
        self._opened.callback(os.close, descriptor)
        return descriptor

    def __reduce__(self) -> tuple[Any, ...]:
        return _reopened, (self.layout,)

    def hold(self) -> None:
        """Keep others from removing the store until it is closed."""
        with contextlib.suppress(OSError):  # on a file system without locks, nobody is kept
            fcntl.flock(self._lock, fcntl.LOCK_SH)

    def close(self) -> None:
        """From now on nothing is there, and nothing is written."""
        self._opened.close()
        # The next file that is opened may get the number of a closed one.
        self._pixels = self._index = self._stamps = self._lock = -1

    def __del__(self) -> None:
        self.close()

    def read(self, number: int) -> tuple[Canvas, float] | None:
        """The decoded image in a slot, and the share of its values outside the levels.

        The pixels are (h, w, C), or (C, size, size) without canvases. None where it is not there.

        They are not mapped: a file that is cut off, or a disk that fails, would kill the process.
        Reading them takes no longer, since a crop needs most of them.
        """
        try:
            record = self._record(number)
            if record is None or not self._is_whole():
                return None
            pixels = np.empty(self._shape(record.height, record.width), np.uint8)
            at = number * self.layout.slot_bytes
            if _read(self._pixels, pixels.data.cast("B"), at) < pixels.nbytes:
                return None
        except OSError:
            return None
        return Canvas(pixels, record.size), record.outside

    def write(self, number: int, image: StoredImage, canvas: Canvas, outside: float) -> None:
        """Keep a decoded image, unless its file has changed since the store was opened.

        A disk that fills ends all writing, in every process; see `pop_notes`. An image that is
        larger than a slot is not kept.
        """
        pixels = np.ascontiguousarray(canvas.pixels)
        height, width = pixels.shape[:2] if self.layout.image_format.canvas else pixels.shape[1:]
        try:
            if pixels.nbytes > self.layout.slot_bytes or not self._may_write(number, image.file):
                return
            _write(self._pixels, pixels.data.cast("B"), number * self.layout.slot_bytes)
            record = Record(height, width, canvas.size, outside)
            _write(self._index, memoryview(record.packed()), self.layout.record_at(number))
        except OSError as error:
            self._stop(error)

    def write_views(self, numbers: Numbers, images: Sequence[StoredImage], views: Views) -> None:
        """Keep the views of N images that are there, as `write` of each, but many at a time."""
        wanted = np.flatnonzero(views.there & ~self.there()[numbers])
        wanted = wanted[np.argsort(numbers[wanted])]
        try:
            stamps = self._all_stamps()
            for start in range(0, len(wanted), CHUNK):
                chunk = wanted[start : start + CHUNK]
                files = [image_stamps.stamp_of(images[at].file) for at in chunk.tolist()]
                now = np.array(files, np.int64)
                chunk = chunk[image_stamps.unchanged(stamps[numbers[chunk]], now)]
                while len(chunk) and self._is_open():
                    some = max(1, self._room_left() // self.layout.slot_bytes)
                    self._write_chunk(numbers, views, chunk[:some])
                    chunk = chunk[some:]
        except OSError as error:
            self._stop(error)

    def there(self) -> npt.NDArray[np.bool_]:
        """Which slots hold an image: (count,)."""
        return slot_records.written(self._records())

    def read_views(self, numbers: Numbers, views: Views) -> None:
        """Add to the views of N images what a store without canvases has of the other ones."""
        assert not self.layout.image_format.canvas
        records = self._records()[numbers]
        wanted = np.flatnonzero(slot_records.written(records) & ~views.there)
        for start, end in _runs(wanted, numbers[wanted]):
            first, count = int(wanted[start]), end - start
            target = views.pixels[first : first + count].data.cast("B")
            try:
                done = _read(self._pixels, target, int(numbers[first]) * self.layout.slot_bytes)
            except OSError:
                done = 0
            found = wanted[start : start + done // self.layout.slot_bytes]
            views.there[found] = True
            views.outside[found] = records[found, slot_records.OUTSIDE].view(np.float32)

    def seal(self) -> None:
        """Make what is there safe from a power cut. It waits for the disk, perhaps for minutes."""
        records = self._records()
        fresh = slot_records.written(records) & (
            records[:, slot_records.STATE] != slot_records.SAFE
        )
        if not fresh.any():
            return
        try:
            for descriptor in (self._pixels, self._stamps):
                os.fsync(descriptor)
            self._mark_safe(records, np.flatnonzero(fresh))
            os.fsync(self._index)
        except OSError as error:
            # The system may have dropped the pixels that it could not write (fsync(2)).
            self._stop(error)
            self.forget_unsafe()

    def forget_unsafe(self) -> None:
        """Empty all slots that `seal` has not made safe."""
        records = self._records()
        unsafe = ~slot_records.written(records) | (
            records[:, slot_records.STATE] != slot_records.SAFE
        )
        records[unsafe] = 0
        with contextlib.suppress(OSError):
            _write(self._index, records.data.cast("B"), HEAD_BYTES)
            os.fsync(self._index)

    def begin_writing(self) -> None:
        """Let processes write again that an error of an earlier run stopped. Raises OSError."""
        _write(self._index, memoryview(_HEAD.pack(0)), 0)

    @property
    def taken_bytes(self) -> int:
        """What the pixels take of the disk. Raises OSError."""
        return os.fstat(self._pixels).st_blocks * BLOCK

    def _room_left(self) -> int:
        return self.layout.room - self.taken_bytes

    def pop_notes(self) -> tuple[str, ...]:
        """A sentence for the user, once, on what keeps images from being kept or used."""
        try:
            note = "" if self._said else self._note()
        except OSError:  # it was closed
            note = ""
        self._said = self._said or bool(note)
        return (note,) if note else ()

    def _note(self) -> str:
        """Raises OSError."""
        folder, stopped = os.path.dirname(self.layout.folder), self._why_stopped()
        if not self._is_whole():
            return cache_text.cut_off(folder)
        has_stamps = os.fstat(self._stamps).st_size == self.layout.count * STAMP_BYTES
        if not stopped and has_stamps and self._room_left() >= self.layout.slot_bytes:
            return ""
        there, count = int(self.there().sum()), self.layout.count
        if there == count:
            return cache_text.not_safe(folder, os.strerror(stopped)) if stopped else ""
        if stopped or not has_stamps:
            why = os.strerror(stopped) if stopped else cache_text.CUT
            return cache_text.not_written(there, count, folder, why)
        return cache_text.room_taken(there, count, self.layout.room)

    def _record(self, number: int) -> Record | None:
        content = os.pread(self._index, RECORD_BYTES, self.layout.record_at(number))
        record = slot_records.unpacked(content)
        if record is None or record.height * record.width > self.layout.slot_pixels:
            return None
        return record

    def _records(self) -> Records:
        """All records (count, 8); empty ones where the file is damaged or cannot be read."""
        records = np.zeros((self.layout.count, WORDS), np.uint32)
        with contextlib.suppress(OSError):
            _read(self._index, records.data.cast("B"), HEAD_BYTES)
        records[slot_records.too_large(records, self.layout.slot_pixels)] = 0
        return records

    def _is_whole(self) -> bool:
        """Whether all slots lie in the file, which another program may have cut off."""
        return os.fstat(self._pixels).st_size == self.layout.pixel_bytes

    def _shape(self, height: int, width: int) -> tuple[int, int, int]:
        image_format = self.layout.image_format
        return (height, width, image_format.channels) if image_format.canvas else image_format.shape

    def _may_write(self, number: int, file: str) -> bool:
        if self._stopped or self._record(number) is not None:
            return False
        now = np.array([image_stamps.stamp_of(file)], np.int64)
        return bool(image_stamps.unchanged(self._stamp(number), now)) and self._is_open()

    def _is_open(self) -> bool:
        """Whether a slot may be written. Raises OSError.

        The room belongs to this opening: another run of the same images may have more.
        """
        if self._why_stopped() or not self._is_whole():
            return False
        return self._room_left() >= self.layout.slot_bytes

    def _write_chunk(self, numbers: Numbers, views: Views, chunk: Numbers) -> None:
        """Write the views at these places, whose slots go up."""
        side = self.layout.image_format.size
        for start, end in _runs(numbers[chunk]):
            run = chunk[start:end]
            first = int(numbers[run[0]])
            pixels = np.ascontiguousarray(views.pixels[run])
            _write(self._pixels, pixels.data.cast("B"), first * self.layout.slot_bytes)
            records = slot_records.of_squares(side, views.outside[run])
            _write(self._index, records.data.cast("B"), self.layout.record_at(first))

    def _stamp(self, number: int) -> Numbers:
        """That of the image's file when the store was opened (1, 4). Raises OSError."""
        return self._stamps_from(number, 1)

    def _all_stamps(self) -> Numbers:
        """Those of all files when the store was opened (count, 4). Raises OSError."""
        return self._stamps_from(0, self.layout.count)

    def _stamps_from(self, first: int, count: int) -> Numbers:
        """So many; where their file is cut off, those of files that cannot be read."""
        stamps = np.empty((count, image_stamps.WORDS), np.int64)
        done = _read(self._stamps, stamps.data.cast("B"), first * STAMP_BYTES)
        stamps[done // STAMP_BYTES :] = image_stamps.UNREADABLE
        return stamps

    def _why_stopped(self) -> int:
        """The number of the error that ended writing in any process, or 0."""
        with contextlib.suppress(OSError, struct.error):
            (found,) = _HEAD.unpack(os.pread(self._index, _HEAD.size, 0))
            self._stopped = found if found in errno.errorcode else 0  # it may be damaged
        return self._stopped

    def _stop(self, why: OSError) -> None:
        self._stopped = why.errno or errno.EIO
        with contextlib.suppress(OSError):
            _write(self._index, memoryview(_HEAD.pack(self._stopped)), 0)

    def _mark_safe(self, records: Records, fresh: Numbers) -> None:
        """Write the records of these slots as safe ones, and no record beside them."""
        for start, end in _runs(fresh):
            safe = slot_records.made_safe(records[fresh[start:end]])
            _write(self._index, safe.data.cast("B"), self.layout.record_at(int(fresh[start])))


@lru_cache(MOST_OPEN)
def _reopened(layout: StoreLayout) -> ImageStore | None:
    try:
        return ImageStore(layout)
    except OSError:  # it was removed
        return None


def _write(descriptor: int, content: memoryview, at: int) -> None:
    """Write all of it. Never through a map: on a full disk, that would kill the process."""
    while content:
        done = os.pwrite(descriptor, content, at)
        content, at = content[done:], at + done


def _read(descriptor: int, target: memoryview, at: int) -> int:
    """Fill the target, as far as the file goes; returns the number of bytes."""
    begun = at
    while target and (done := os.preadv(descriptor, [target], at)):
        target, at = target[done:], at + done
    return at - begun


def _runs(*rows: Numbers) -> list[tuple[int, int]]:
    """First place and end of each run of numbers that follow each other in all rows."""
    count = len(rows[0])
    ends = [*(np.flatnonzero((np.diff(rows) != 1).any(axis=0)) + 1).tolist(), count]
    return list(zip([0, *ends[:-1]], ends, strict=True)) if count else []
