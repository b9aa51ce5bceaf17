"""A digest of a list of images by their names, made without torch."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable


def digest_of_names(names: Iterable[str]) -> str:
    """The digest (blake2b, 128 bits, in hexadecimal) of the names of images, in order."""
    return hashlib.blake2b(b"\0".join(map(os.fsencode, names)), digest_size=16).hexdigest()
