"""An image whose file is in memory, as it came through a pipe."""

from __future__ import annotations

from typing import NamedTuple

from PIL import Image

from engine.data.stored.image_opening import open_content


class ContentImage(NamedTuple):
    """An image file of this name; `data` are its bytes."""

    name: str
    data: bytes

    @property
    def file(self) -> str:
        return ""

    def open(self) -> Image.Image:
        return open_content(self.data, self.name)

    def encoded(self, most: int) -> bytes:
        return self.data if len(self.data) <= most else b""

    def content(self) -> bytes:
        return self.data
