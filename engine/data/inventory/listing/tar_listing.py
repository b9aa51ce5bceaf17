"""Lists what lies in a tar archive, unpacked as a whole once where it is compressed."""

from __future__ import annotations

import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from engine import regular_files, text
from engine.data.inventory import inventory_text
from engine.data.inventory.listing import listing_text
from engine.data.inventory.listing.archive_listing import ArchiveListing, Member
from engine.data.inventory.listing.archive_names import relative_name
from engine.data.stored.archive_entry import ArchiveEntry
from engine.errors import DataError


def list_tar(path: Path, place: Path) -> ArchiveListing:
    """List the uncompressed archive at `path`, which is or was made of the one at `place`.

    Raises DataError for what is no whole tar archive, or is larger than the bounds.
    """
    with _opened(path, place) as tar:
        listing = ArchiveListing(str(place), _members(str(path), tar))
        if not _has_end(tar):
            listing.notes.append(listing_text.no_end_mark(place))
        return listing


def tar_entries(path: Path) -> list[ArchiveEntry]:
    """The files in an uncompressed archive, in its order. Raises DataError as `list_tar`."""
    with _opened(path, path) as tar:
        members = [member.entry for member in _members(str(path), tar)]
        _has_end(tar)  # else a damaged header would just end the list
        return [entry for entry in members if entry]


@contextmanager
def _opened(path: Path, place: Path) -> Iterator[tarfile.TarFile]:
    """The archive at `path`, made of the one at `place`. Raises DataError where it is damaged."""
    try:
        with regular_files.open_to_read(path) as file, tarfile.open(fileobj=file, mode="r:") as tar:
            yield tar
    except OSError as error:
        raise DataError(inventory_text.damaged(place, text.reason(error))) from error
    except (tarfile.TarError, ValueError, EOFError) as error:
        raise DataError(inventory_text.damaged(place, str(error))) from error


def _members(archive: str, tar: tarfile.TarFile) -> Iterator[Member]:
    """The members; a hard link stands for the file of its target, which came before it."""
    files: dict[str, ArchiveEntry] = {}
    for info in tar:
        tar.members.clear()  # type: ignore[attr-defined]  # else it keeps all of them
        name = info.name
        below = relative_name(name) or name
        if info.isdir():
            yield Member(name, "folder")
        elif info.issym():
            yield Member(name, "other", reason=listing_text.LINKS)
        elif info.islnk():
            target = files.get(relative_name(info.linkname) or "")
            entry = target and ArchiveEntry(archive, below, target.offset, target.size)
            yield Member(name, "file" if entry else "other", entry, listing_text.LINKS)
        elif info.issparse() or not info.isreg():
            yield Member(name, "other", reason=inventory_text.SPECIAL)
        else:
            entry = files[below] = ArchiveEntry(archive, below, info.offset_data, info.size)
            yield Member(name, "file", entry)


def _has_end(tar: tarfile.TarFile) -> bool:
    """Whether an archive that was listed has a mark at its end, which is one block of zeros.

    Raises ValueError where a damaged header stands there: tarfile just stops at one.
    """
    assert tar.fileobj is not None
    tar.fileobj.seek(tar.offset)
    block = tar.fileobj.read(tarfile.BLOCKSIZE)
    if block.strip(b"\0"):
        raise ValueError(listing_text.DAMAGED_HEADER)
    return bool(block)
