"""Reads from the journal what was known of the network at the end of a past epoch.

A History keeps only the last confusion matrix, feature maps and layer health. The journal has the
earlier ones, though not of every epoch.
"""

from __future__ import annotations

from itertools import chain, takewhile
from pathlib import Path

from engine.protocol.events import (
    Confusion,
    EpochEnded,
    Event,
    FeatureMaps,
    LayerHealth,
    RunStarted,
)
from engine.run.history import History
from engine.run.journal_search import newest_first, oldest_first


def history(journal: Path, run: RunStarted, ended: EpochEnded) -> History:
    """A History of the newest confusion matrix, feature maps and layer health at this epoch's end.

    Each has the step at which it was measured, which may be earlier. Leaves out events that a later
    resume superseded, and events that cannot be read.
    """
    seen = History()
    seen.fold([run])
    for kind in (Confusion, FeatureMaps, LayerHealth):
        seen.fold(_newest(journal, kind, ended))
    return seen


def _newest(journal: Path, kind: type[Event], ended: EpochEnded) -> list[Event]:
    """The events of one kind at the newest step that has any, in order.

    The journal may get them after later epochs, but in the order of their steps.
    """
    late = takewhile(lambda e: e.step <= ended.step, oldest_first(journal, kind, after=ended))
    found = chain([*late][::-1], newest_first(journal, kind, before=ended))
    newest = next(found, None)
    if newest is None:
        return []
    return [newest, *takewhile(lambda event: event.step == newest.step, found)][::-1]
