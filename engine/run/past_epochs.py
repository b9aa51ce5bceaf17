"""A past epoch's evaluation, read from the journal when somebody asks for it.

A history keeps only the last confusion matrix and feature maps; the journal has them all.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from mmap import ACCESS_READ, mmap
from pathlib import Path

from engine.protocol import events
from engine.protocol.events import Confusion, FeatureMaps, RunStarted
from engine.run.history import History

# Every line begins with its type, so the others need not be decoded.
_LOOKS = re.compile(rb'^\{"type":"(?:Confusion|FeatureMaps)".*$', re.MULTILINE)


def history(journal: Path, run: RunStarted, step: int) -> History:
    """The run as its evaluation after so many steps saw it: confusion and feature maps alone.

    Of an epoch that was trained again after a resume the last evaluation counts. What the journal
    does not have, or cannot be read, is left out.
    """
    seen = History()
    seen.fold([run])
    seen.fold(event for event in _looks(journal) if event.step == step)
    return seen


def _looks(journal: Path) -> Iterator[Confusion | FeatureMaps]:
    try:
        with open(journal, "rb") as file, mmap(file.fileno(), 0, access=ACCESS_READ) as content:
            for line in _LOOKS.finditer(content):
                try:
                    event = events.decode(line[0])
                except events.UNREADABLE:
                    continue
                if isinstance(event, Confusion | FeatureMaps):
                    yield event
    except (OSError, ValueError):  # mmap refuses an empty file
        return
