"""An image in an uncompressed tar archive or in a zip archive, read in place."""

from __future__ import annotations

from typing import NamedTuple

from PIL import Image

from engine.data.stored.image_opening import open_content
from engine.data.stored.opened_files import read_at
from engine.data.stored.zip_packing import ZipPacking, unpacked


class ArchiveEntry(NamedTuple):
    """The entry `name` of an archive: `size` bytes from `offset` on.

    In a zip archive its header is at `offset`, and `packing` says how its bytes are packed.
    """

    archive: str
    name: str
    offset: int
    size: int
    packing: ZipPacking | None = None

    @property
    def file(self) -> str:
        return self.archive

    def open(self) -> Image.Image:
        return open_content(self.content(), self.name)

    def encoded(self, most: int) -> bytes:
        try:
            return self.content() if self.size <= most else b""
        except OSError:
            return b""

    def content(self) -> bytes:
        if self.packing is None:
            return read_at(self.archive, self.offset, self.size)
        return unpacked(self.archive, self.offset, self.size, self.packing)
