"""An image in an uncompressed tar archive, read in place."""

from __future__ import annotations

import io
from typing import NamedTuple

from PIL import Image

from engine.data.stored.image_opening import open_content
from engine.data.stored.opened_files import read_at


class TarEntry(NamedTuple):
    """The entry `name` of an archive: `size` bytes from `offset` on."""

    archive: str
    name: str
    offset: int
    size: int

    def open(self) -> Image.Image:
        return open_content(io.BytesIO(self.content()), self.name)

    def encoded(self, most: int) -> bytes:
        try:
            return self.content() if self.size <= most else b""
        except OSError:
            return b""

    def content(self) -> bytes:
        return read_at(self.archive, self.offset, self.size)
