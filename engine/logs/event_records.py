"""Reads new records at the end of an event file: their bytes, checked by CRC-32C.

A record is the length of its content (uint64), the checksum of that length, the content, and the
checksum of the content. A checksum is masked: rotated by 15 bits, plus a constant
(tensorflow/core/lib/io/record_writer.h).

A writer's buffer ends anywhere, so the last record may be a part of one. It is no damage, and
neither are the zeros that a power cut leaves where a file had grown: both wait for the rest.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Mapping
from pathlib import Path
from typing import BinaryIO, Literal, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from engine import regular_files

PART_BYTES = 1 << 19
# A record with more bytes is skipped unread: no scalar is so long.
LONGEST_RECORD = 64 << 20
HEADER, FOOTER = 12, 4
MASK = np.uint32(0xA282EAD8)
# A later read compares this much before its start with what was there.
REMEMBERED_BYTES = 1 << 12
# So many different lengths are remembered with their checksums.
MOST_LENGTHS = 4096

Spans: TypeAlias = NDArray[np.int64]


class FileReplacedError(Exception):
    """What was read of a file is not in it any more."""


class Damage(NamedTuple):
    """A record whose checksum is wrong, at this byte of its file.

    After a wrong length nothing in the file can be found any more.
    """

    offset: int
    what: Literal["content", "length"]


class Part(NamedTuple):
    """Records that follow each other: `starts` and `ends` of their contents in `data`."""

    data: bytes
    starts: Spans
    ends: Spans
    offset: int
    """Where `data` begins in the file."""
    damages: tuple[Damage, ...]


class EventRecords:
    """Reads an event file from the point where the last read ended."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.offset = 0
        self.size = 0
        self.written_at = 0.0
        self.ended = False
        """Whether there was nothing more to read; what a length has made unreadable is none."""
        self._lost = False
        self._file: tuple[int, int] | None = None
        self._before = b""
        # The sizes of records by their headers whose checksum is right.
        self._sizes: dict[bytes, int] = {}
        # The header or record that looked damaged at the last read: a network file system may not
        # have brought all of it.
        self._suspect: tuple[int, bytes] | None = None
        self._waits = False

    def read(self, most: int = PART_BYTES) -> Part | None:
        """The next records of about so many bytes; None if there are none now.

        Raises FileReplacedError, and OSError if the file cannot be read.
        """
        with regular_files.open_to_read(self.path) as file:
            self._look_at(file)
            self.ended, self._waits = self.ended or self._waits, False
            if self.ended:
                return None
            data = self._unread(file, most)
            part = self._part(data)
            if part is None and len(data) == most:
                part = self._read_long(file, data)
        self.ended = part is None
        return part

    def _look_at(self, file: BinaryIO) -> None:
        status = os.fstat(file.fileno())
        identity = (status.st_dev, status.st_ino)
        if self._file not in (None, identity) or status.st_size < self.offset:
            raise FileReplacedError
        self._file, self.size, self.written_at = identity, status.st_size, status.st_mtime
        self.ended = self._lost or self.offset == self.size

    def _unread(self, file: BinaryIO, most: int) -> bytes:
        file.seek(self.offset - len(self._before))
        data = file.read(len(self._before) + most)
        if not data.startswith(self._before):
            raise FileReplacedError
        return data[len(self._before) :]

    def _read_long(self, file: BinaryIO, data: bytes) -> Part | None:
        """A record that is longer than a part."""
        whole = HEADER + (self._length(data[:HEADER]) or 0) + FOOTER
        if self.offset + whole > self.size:
            return None
        if whole > LONGEST_RECORD:
            self.offset, self._before = self.offset + whole, b""
            return self.read()
        return self._part(self._unread(file, whole))

    def _part(self, data: bytes) -> Part | None:
        """The whole records in these bytes; None without any."""
        starts, ends = self._spans(data)
        damages = []
        good = _checked(data, starts, ends)
        if not good.all():
            bad = [int(at) for at in np.flatnonzero(~good)]
            last = int(starts[-1]) - HEADER
            size = int(ends[-1]) + FOOTER - last
            if bad[-1] == len(starts) - 1 and not self._is_damaged(data, last, size):
                starts, ends, good = starts[:-1], ends[:-1], good[:-1]
                bad.pop()
            damages += [Damage(self.offset + int(starts[at]) - HEADER, "content") for at in bad]
        end = int(ends[-1]) + FOOTER if len(ends) else 0
        if self._is_lost(data, end):
            damages.append(Damage(self.offset + end, "length"))
        if not end and not damages:
            return None
        part = Part(data, starts[good], ends[good], self.offset, tuple(damages))
        self.offset += end
        self._before = (self._before + data[:end])[-REMEMBERED_BYTES:]
        return part

    def _spans(self, data: bytes) -> tuple[Spans, Spans]:
        """Where the contents of whole records start and end, up to a wrong length."""
        after: list[int] = []
        at, sizes = 0, self._sizes
        while at + HEADER + FOOTER <= len(data):
            header = data[at : at + HEADER]
            if header not in sizes and self._length(header) is None:
                break
            at = _walk(data, at, sizes, after)
        if after and after[-1] > len(data):
            after.pop()
        ends = np.array(after, np.int64)
        starts = np.concatenate([np.zeros(1, np.int64), ends])[: len(ends)]
        return starts + HEADER, ends - FOOTER

    def _length(self, header: bytes) -> int | None:
        """The length that a header tells; None if its checksum is wrong."""
        length = int.from_bytes(header[:8], "little")
        if masked_crc(header[:8]) != int.from_bytes(header[8:], "little"):
            return None
        if len(self._sizes) == MOST_LENGTHS:
            self._sizes.clear()
        self._sizes[header] = HEADER + length + FOOTER
        return length

    def _is_lost(self, data: bytes, at: int) -> bool:
        """Whether the length at this place of the unread bytes is wrong, and stays so."""
        header = data[at : at + HEADER]
        if len(header) < HEADER or self._length(header) is not None:
            return False
        self._lost = self._is_damaged(data, at, HEADER)
        return self._lost

    def _is_damaged(self, data: bytes, at: int, size: int) -> bool:
        """Whether what looks wrong in so many bytes was not cut, and looked the same before.

        If zeros begin in it and last to the end, the rest was never written.
        """
        rest = data[at:]
        if len(rest.rstrip(b"\0")) < size:
            return False
        suspect = (self.offset + at, rest)
        is_known, self._suspect = self._suspect == suspect, suspect
        at_end = self.offset + len(data) >= self.size
        self._waits = at_end and not is_known
        return not self._waits


def _walk(data: bytes, at: int, sizes: Mapping[bytes, int], after: list[int]) -> int:
    """Note where records end, from the one at this place to a header that is not known.

    Returns the place of that header, or one at the end of the data or after it.
    """
    last = len(data) - HEADER - FOOTER
    with contextlib.suppress(KeyError):
        while at <= last:  # runs once for each record
            at += sizes[data[at : at + HEADER]]
            after.append(at)
    return at


def masked_crc(data: bytes) -> int:
    """The checksum of a record."""
    from google_crc32c import value

    crc: int = value(data)
    return ((crc >> 15 | crc << 17) + int(MASK)) & 0xFFFFFFFF


def _checked(data: bytes, starts: Spans, ends: Spans) -> NDArray[np.bool_]:
    """Which contents have the checksum that follows them."""
    from google_crc32c import value

    spans = map(slice, starts.tolist(), ends.tolist())
    crcs = np.array([value(data[span]) for span in spans], np.uint32)
    masked = (crcs >> np.uint32(15) | crcs << np.uint32(17)) + MASK
    told = np.frombuffer(data, np.uint8)[ends[:, None] + np.arange(FOOTER)]
    return np.asarray(masked == told.view("<u4")[:, 0], np.bool_)
