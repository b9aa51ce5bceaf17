"""Lists what lies in a zip archive."""

from __future__ import annotations

import stat
import zipfile
from collections.abc import Iterator
from pathlib import Path

from engine import regular_files, text
from engine.data.inventory import inventory_text
from engine.data.inventory.listing import listing_text
from engine.data.inventory.listing.archive_listing import ArchiveListing, Member
from engine.data.inventory.listing.archive_names import as_utf8, relative_name
from engine.data.stored.archive_entry import ArchiveEntry
from engine.data.stored.zip_packing import DEFLATED, ENCRYPTED, STORED, ZipPacking
from engine.errors import DataError

# A name is in UTF-8 where this flag is set, else in CP437, or so it should be.
UTF8 = 0x800


def list_zip(path: Path) -> ArchiveListing:
    """Raises DataError for what is no zip archive, is encrypted or larger than the bounds."""
    try:
        with regular_files.open_to_read(path) as file, zipfile.ZipFile(file) as archive:
            infos = archive.infolist()
    except OSError as error:
        raise DataError(inventory_text.damaged(path, text.reason(error))) from error
    except (zipfile.BadZipFile, NotImplementedError, ValueError) as error:
        raise DataError(inventory_text.damaged(path, str(error))) from error
    if any(info.flag_bits & ENCRYPTED for info in infos):
        raise DataError(inventory_text.encrypted(path))
    listing = ArchiveListing(str(path), _members(str(path), infos))
    if unsure := [info.filename for info in infos if _is_unsure(info)]:
        listing.notes.append(listing_text.names_in_cp437(path, unsure))
    return listing


def _members(archive: str, infos: list[zipfile.ZipInfo]) -> Iterator[Member]:
    for info in infos:
        name = _name(info)
        kind = stat.S_IFMT(info.external_attr >> 16)
        if name.endswith(("/", "\\")):
            yield Member(name, "folder")
        elif kind == stat.S_IFLNK:
            yield Member(name, "other", reason=listing_text.LINKS)
        elif kind not in (0, stat.S_IFREG):
            yield Member(name, "other", reason=inventory_text.SPECIAL)
        elif info.compress_type not in (STORED, DEFLATED):
            yield Member(name, "other", reason=listing_text.OTHER_METHOD)
        else:
            yield Member(name, "file", _entry(archive, relative_name(name) or name, info))


def _name(info: zipfile.ZipInfo) -> str:
    return info.filename if info.flag_bits & UTF8 else as_utf8(info.filename)


def _is_unsure(info: zipfile.ZipInfo) -> bool:
    """Whether a name is taken as CP437, though some programs write other encodings."""
    plain = info.flag_bits & UTF8 or info.filename.isascii()
    return not plain and _name(info) == info.filename


def _entry(archive: str, name: str, info: zipfile.ZipInfo) -> ArchiveEntry:
    packing = ZipPacking(info.compress_size, info.compress_type, info.CRC)
    return ArchiveEntry(archive, name, info.header_offset, info.file_size, packing)
