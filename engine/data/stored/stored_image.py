"""An image where it lies, which a decoding process opens."""

from __future__ import annotations

from typing import Protocol, TypeAlias

from PIL import Image


class StoredImage(Protocol):
    """An image of a data set: hashable, small, and pickled to the processes that decode.

    Two of them are equal where they are the same image of the same data set.
    """

    @property
    def name(self) -> str:
        """Its name in the data set, with `/`, such as `train/cat/1.jpg` or `images.npz/17`."""

    @property
    def file(self) -> str:
        """The file whose size and time of change tell that the image has changed; "" for none."""

    def open(self) -> Image.Image:
        """The image, of which perhaps only the header is read. The caller closes it.

        Raises an exception of any type for what is not an image.
        """

    def encoded(self, most: int) -> bytes:
        """The bytes of its file, where they are at most so many and can be read; else none."""

    def content(self) -> bytes:
        """Bytes that differ where the image differs. Raises OSError where they cannot be read."""


# Images and the indices of their classes, in the order of their names.
LabelledImages: TypeAlias = list[tuple[StoredImage, int]]
