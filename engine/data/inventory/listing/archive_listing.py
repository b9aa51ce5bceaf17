"""Lists what lies in an archive, like a folder. Nothing of it is ever written to the disk."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from typing import Literal, NamedTuple

from engine import numbers, text
from engine.data.inventory.listing import listing_text
from engine.data.inventory.listing.archive_names import relative_name
from engine.data.inventory.listing.listed_names import ListedNames
from engine.data.stored.archive_entry import ArchiveEntry
from engine.data.stored.image_kinds import FIRST_BYTES
from engine.data.stored.stored_image import StoredImage
from engine.errors import DataError

# The most entries, bytes an entry and bytes in all that an archive may have.
MOST_ENTRIES, MOST_ENTRY_BYTES, MOST_BYTES = 20_000_000, 1_000_000_000, 10_000_000_000_000


class Member(NamedTuple):
    """What an archive says of one of its members; `entry` is None where it cannot be read.

    Then `reason` says why, in words of the listing.
    """

    name: str
    kind: Literal["file", "folder", "other"]
    entry: ArchiveEntry | None = None
    reason: str = ""


class ArchiveListing:
    """What lies in an archive, by the members that it names; of two with one name, the last.

    `notes` and `remarks` are those of a `ReadListing`. Raises DataError for an archive that is
    larger than the bounds.
    """

    glanced = False

    def __init__(self, place: str, members: Iterable[Member]) -> None:
        self.place = place
        self.notes: list[str] = []
        self.remarks: list[str] = []
        self._entries: dict[str, ArchiveEntry] = {}
        self._names = ListedNames()
        self._bytes = 0
        for count, member in enumerate(members, 1):
            if count > MOST_ENTRIES:
                raise DataError(listing_text.too_many_entries(place, MOST_ENTRIES))
            self._take(member)
        for name in sorted(self._entries, key=lambda name: name.split("/")):
            self._sort(name)
        self.folders: Mapping[str, Sequence[str]] = self._names.folders
        self.tables = self._names.tables
        self.skipped = self._names.left_out()

    def image(self, name: str) -> StoredImage:
        return self._entries[name]

    def read(self, name: str) -> bytes:
        try:
            return self._entries[name].content()
        except OSError as error:
            why = text.reason(error)
            raise DataError(listing_text.entry_unreadable(self.place, name, why)) from error

    def _take(self, member: Member) -> None:
        name = relative_name(member.name)
        if name is None:
            self._names.skip(listing_text.CLIMBS_OUT, member.name)
        elif member.kind == "folder":
            if name:
                self._names.add_folder(name)
        elif member.entry is None:
            self._names.skip(member.reason, name)
        elif member.entry.size > MOST_ENTRY_BYTES:
            self._names.skip(listing_text.larger_than(numbers.size(MOST_ENTRY_BYTES)), name)
        else:
            self._count(member.entry.size)
            self._entries[name] = member.entry

    def _count(self, size: int) -> None:
        self._bytes += size
        if self._bytes > MOST_BYTES:
            raise DataError(listing_text.too_many_bytes(self.place, MOST_BYTES))

    def _sort(self, name: str) -> None:
        folder, _, last = name.rpartition("/")
        if not folder or self._names.add_folder(folder):
            self._names.add_file(folder, last, partial(_first_bytes, self._entries[name]))


def _first_bytes(entry: ArchiveEntry) -> bytes:
    return entry.content()[:FIRST_BYTES]
