"""An image in a file of its own."""

from __future__ import annotations

import os
from pathlib import Path
from typing import NamedTuple

from PIL import Image

from engine import regular_files
from engine.data.stored.image_opening import open_file


class ImageFile(NamedTuple):
    """The image file `name` below a folder.

    A named tuple, since a data class takes three times as long to be hashed and unpickled.
    """

    folder: str
    name: str

    @property
    def path(self) -> Path:
        return Path(self.folder, self.name)

    @property
    def file(self) -> str:
        return os.path.join(self.folder, self.name)

    def open(self) -> Image.Image:
        return open_file(self.file)

    def content(self) -> bytes:
        return regular_files.read_bytes(self.path)

    def encoded(self, most: int) -> bytes:
        try:
            descriptor = regular_files.open_descriptor(self.path, os.O_RDONLY)
        except OSError:
            return b""
        try:
            content = os.read(descriptor, most + 1)
        except OSError:
            return b""
        finally:
            os.close(descriptor)
        return content if len(content) <= most else b""
