"""Images that are made when they are opened, for tests of what looks at many."""

from __future__ import annotations

import io
import os
import signal
from typing import Any, NamedTuple

from PIL import Image, UnidentifiedImageError

from engine.data.stored.image_opening import open_content


class MemoryImage(NamedTuple):
    """An image of noise that depends on `seed`; without a seed it is of one colour."""

    name: str
    size: tuple[int, int] = (8, 8)
    mode: str = "RGB"
    seed: int | None = 0

    @property
    def file(self) -> str:
        return ""

    def open(self) -> Image.Image:
        if self.seed is None:
            return Image.new(self.mode, self.size, 7)
        return noise(self.seed, self.size).convert(self.mode)

    def encoded(self, most: int) -> bytes:
        return b""

    def content(self) -> bytes:
        return repr(self).encode()


class EncodedImage(NamedTuple):
    """An image whose file has these bytes."""

    data: bytes
    name: str = "image"

    @property
    def file(self) -> str:
        return ""

    def open(self) -> Image.Image:
        return open_content(self.data)

    def encoded(self, most: int) -> bytes:
        return b""

    def content(self) -> bytes:
        return self.data


def file_of(image: Image.Image, kind: str = "PNG", **options: Any) -> EncodedImage:
    """An image as a file of this format."""
    written = io.BytesIO()
    image.save(written, kind, **options)
    return EncodedImage(written.getvalue())


class BrokenImage(NamedTuple):
    """What is no image."""

    name: str

    @property
    def file(self) -> str:
        return ""

    def open(self) -> Image.Image:
        raise UnidentifiedImageError(self.name)

    def encoded(self, most: int) -> bytes:
        return b""

    def content(self) -> bytes:
        return b""


class CrashingImage(NamedTuple):
    """Whoever opens it ends by a signal."""

    name: str

    @property
    def file(self) -> str:
        return ""

    def open(self) -> Image.Image:
        os.kill(os.getpid(), signal.SIGSEGV)
        raise AssertionError

    def encoded(self, most: int) -> bytes:
        return b""

    def content(self) -> bytes:
        return b""


def noise(seed: int, size: tuple[int, int]) -> Image.Image:
    """A picture that differs for each seed, in RGB."""
    width, height = size
    values = bytes(
        (seed * 7919 + at * at * 31 + at * seed) % 251 for at in range(width * height * 3)
    )
    return Image.frombytes("RGB", size, values)


def encoded(image: Image.Image, kind: str) -> bytes:
    """The bytes of a file of this kind, such as PNG."""
    file = io.BytesIO()
    image.save(file, kind)
    return file.getvalue()
