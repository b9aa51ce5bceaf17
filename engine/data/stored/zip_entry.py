"""An image in a zip archive, read in place.

The directory of the archive is read once, where its entries are listed: each entry knows its place,
so that a decoding process need not read the directory of a hundred thousand names. The format is
in "APPNOTE.TXT", PKWARE.
"""

from __future__ import annotations

import errno
import io
import struct
import zlib
from typing import NamedTuple

from PIL import Image

from engine.data.stored import stored_text
from engine.data.stored.image_opening import open_content
from engine.data.stored.opened_files import read_at

STORED, DEFLATED = 0, 8
ENCRYPTED = 1  # a flag of an entry
# Before the bytes of an entry come 30 bytes, its name and extra fields; both lengths stand at 26.
HEADER, SIGNATURE, LENGTHS = 30, b"PK\x03\x04", 26


class ZipEntry(NamedTuple):
    """The entry `name` of an archive, whose header is at `offset`.

    It has `packed` bytes there and `size` bytes unpacked, with the checksum `crc`.
    """

    archive: str
    name: str
    offset: int
    packed: int
    size: int
    method: int
    crc: int

    def open(self) -> Image.Image:
        return open_content(io.BytesIO(self.content()), self.name)

    def encoded(self, most: int) -> bytes:
        try:
            return self.content() if self.size <= most else b""
        except OSError:
            return b""

    def content(self) -> bytes:
        """Raises OSError, also for bytes that the checksum does not fit. Unpacks no more than
        the size that the directory gives."""
        start = content_start(self.archive, self.offset)
        packed = read_at(self.archive, start, self.packed)
        content = packed if self.method == STORED else _inflated(packed, self.size)
        if len(content) != self.size or zlib.crc32(content) != self.crc:
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
