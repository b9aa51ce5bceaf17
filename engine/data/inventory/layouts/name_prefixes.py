"""Classes from the names of files, such as `cat.0001.jpg`: what stands before the number."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable

from engine.data.inventory.layouts.called_images import stem

# Letters, then perhaps signs, then a number, which may be in brackets: `great_dane (12)`.
_NUMBERED = re.compile(r"(.*?[^\W\d_].*?)[\W_]*\(?\d+\)?", re.DOTALL)
# Fewer images in the mean, and the names say nothing of classes.
LEAST_IMAGES = 2


def prefix_of(name: str) -> str:
    """What stands before the number at the end of a file's name; empty without either.

    >>> prefix_of("train/cat.0001.jpg")
    'cat'
    """
    found = _NUMBERED.fullmatch(stem(name))
    return found[1].rstrip(" ._-(") if found else ""


def proposed_classes(names: Iterable[str]) -> list[str]:
    """The classes that `labels=prefix` would give, by name; none if names do not look so."""
    counts = Counter(map(prefix_of, names))
    total = counts.total()
    unnamed = counts.pop("", 0)
    if unnamed or not 1 < len(counts) <= total / LEAST_IMAGES:
        return []
    return sorted(counts)
