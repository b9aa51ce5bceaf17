"""How the entries of a zip archive are packed, each read in place.

The directory of the archive is read once, where its entries are listed: each entry knows its place,
so that a decoding process need not read the directory of a hundred thousand names. The format is
in "APPNOTE.TXT", PKWARE.
"""

from __future__ import annotations

import errno
import struct
import zlib
from typing import NamedTuple

from engine.data.stored import stored_text
from engine.data.stored.opened_files import read_at

STORED, DEFLATED = 0, 8
ENCRYPTED = 1  # a flag of an entry
# Before the bytes of an entry come 30 bytes, its name and extra fields; both lengths stand at 26.
HEADER, SIGNATURE, LENGTHS = 30, b"PK\x03\x04", 26


class ZipPacking(NamedTuple):
    """How an entry is packed: into `packed` bytes, by a method, with a checksum."""

    packed: int
    method: int
    crc: int


def unpacked(archive: str, offset: int, size: int, packing: ZipPacking) -> bytes:
    """The `size` bytes of the entry whose header is at `offset`; no more are unpacked.

    Raises OSError, also for bytes that the checksum does not fit.
    """
    packed = read_at(archive, content_start(archive, offset), packing.packed)
    content = packed if packing.method == STORED else _inflated(packed, size)
    if len(content) != size or zlib.crc32(content) != packing.crc:
        raise OSError(errno.EIO, stored_text.ENTRY_DAMAGED)
    return content


def content_start(archive: str, offset: int) -> int:
    """Where the bytes of the entry whose header is at `offset` begin. Raises OSError."""
    header = read_at(archive, offset, HEADER)
    if not header.startswith(SIGNATURE):
        raise OSError(errno.EIO, stored_text.ENTRY_DAMAGED)
    name, extra = struct.unpack_from("<HH", header, LENGTHS)
    return offset + HEADER + int(name) + int(extra)


def _inflated(packed: bytes, size: int) -> bytes:
    """At most one byte more than `size`."""
    try:
        return zlib.decompressobj(-zlib.MAX_WBITS).decompress(packed, size + 1)
    except zlib.error as error:
        raise OSError(errno.EIO, stored_text.ENTRY_DAMAGED) from error
