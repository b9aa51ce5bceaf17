"""A file that lists the broken images of a data set, each with the reason. Loads no torch."""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Mapping
from pathlib import Path

from engine.catalog.user_folders import cache_folder
from engine.run.durable_files import write_durably


def write(place: str, broken: Mapping[str, str]) -> Path | None:
    """List why images are broken, by name, in the user's cache; None where that is impossible.

    `place` is the path or the name of their data set, which has one list, the newest.
    """
    file = _file_of(place)
    lines = [os.fsencode(name) + b"\t" + os.fsencode(why) + b"\n" for name, why in broken.items()]
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        write_durably(file, b"".join(lines))
    except OSError:
        return None
    return file


def _file_of(place: str) -> Path:
    digest = hashlib.blake2b(os.fsencode(place), digest_size=4).hexdigest()
    name = re.sub(r"[^\w.-]+", "-", os.path.basename(place), flags=re.ASCII)
    return cache_folder() / "broken-images" / f"{name}-{digest}.txt"
