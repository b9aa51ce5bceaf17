"""Lists what lies in a place, whichever kind of place it is."""

from __future__ import annotations

from pathlib import Path

from engine.data.inventory.listing import listing_text
from engine.data.inventory.listing.archives import first_bytes, is_archive, listing_of_archive
from engine.data.inventory.listing.folder_listing import FolderListing
from engine.data.inventory.listing.listed_names import TABLE_SUFFIXES
from engine.data.inventory.listing.listing import ReadListing
from engine.data.stored.image_kinds import FIRST_BYTES, looks_like_image, suffix
from engine.errors import DataError

# So many bytes of an unknown file are shown.
SHOWN_BYTES = 8


def listing_at(path: Path, *, glance: int | None = None) -> ReadListing:
    """The listing of a folder or an archive; of each folder of images `glance` of them suffice.

    Raises DataError where the place is missing, damaged, or an archive without images.
    """
    if not path.is_file():
        return FolderListing(path, glance=glance)
    if not is_archive(path):
        raise DataError(_why_unknown(path))
    listing = listing_of_archive(path)
    if not any(listing.folders.values()):
        others = [name for names in listing.skipped.values() for name in names]
        raise DataError(listing_text.no_images_in(path, [*listing.tables, *others]))
    return listing


def _why_unknown(path: Path) -> str:
    """A sentence on a file that is no data set."""
    first = first_bytes(path)
    if suffix(path.name) in TABLE_SUFFIXES:
        return listing_text.no_table_of_pixels(path)
    if looks_like_image(first[:FIRST_BYTES]):
        return listing_text.one_image(path)
    return listing_text.unknown_file(path, first[:SHOWN_BYTES])
