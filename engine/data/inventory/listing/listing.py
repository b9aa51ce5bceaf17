"""What lies in a place, before anything of it is understood."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from engine.data.stored.stored_image import StoredImage


class Listing(Protocol):
    """The names in a folder or an archive. All are below the place, with `/`, `cats/1.jpg`."""

    @property
    def place(self) -> str:
        """The path of the place."""

    @property
    def folders(self) -> Mapping[str, Sequence[str]]:
        """Each folder, also an empty one, and the images in it, `{"": [], "cats": ["1.jpg"]}`.

        The place itself is `""`, and the folder above each folder is there too.
        """

    @property
    def tables(self) -> Sequence[str]:
        """The text files that may hold labels, such as `train.csv`."""

    @property
    def skipped(self) -> Mapping[str, Sequence[str]]:
        """The names of what is left out, by reason."""

    def image(self, name: str) -> StoredImage:
        """The image of this name."""

    def read(self, name: str) -> bytes:
        """The content of a table. Raises DataError where it cannot be read."""


class ReadListing(Listing, Protocol):
    """A listing that was read from a disk."""

    @property
    def glanced(self) -> bool:
        """Whether only the beginning of some folder was read."""

    @property
    def notes(self) -> Sequence[str]:
        """Sentences for the user on what is wrong with the place."""

    @property
    def remarks(self) -> Sequence[str]:
        """Sentences for the user on what is good to know of it."""
