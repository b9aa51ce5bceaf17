"""Wraps sentences by cells, so that wide characters fit, too."""

from __future__ import annotations

import re
from collections.abc import Iterator

from rich.cells import cell_len, chop_cells


def wrapped(sentence: str, width: int) -> list[str]:
    """The lines of a sentence, each at most `width` cells; at least one line."""
    lines, line = [], ""
    for word in _words(sentence, max(2, width)):
        longer = f"{line} {word}" if line else word
        if line and cell_len(longer) > width:
            lines.append(line)
            line = word
        else:
            line = longer
    return [*lines, line]


def _words(sentence: str, width: int) -> Iterator[str]:
    """The words; one that is longer than a line is cut into pieces."""
    for word in re.split(r"\s+(?!%)", sentence.strip()):  # a number stays with its unit
        yield from chop_cells(word, width) if cell_len(word) > width else [word]
