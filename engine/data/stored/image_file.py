"""An image in a file of its own."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from PIL import Image

from engine import regular_files
from engine.data.stored.image_kinds import open_file


@dataclass(frozen=True, slots=True)
class ImageFile:
    """The image file `name` below a folder."""

    folder: str
    name: str

    @property
    def path(self) -> Path:
        return Path(self.folder, self.name)

    def open(self) -> Image.Image:
        return open_file(os.path.join(self.folder, self.name))

    def content(self) -> bytes:
        return regular_files.read_bytes(self.path)
