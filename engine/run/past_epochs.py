"""Reads the evaluation of a past epoch from the journal.

A History keeps only the last confusion matrix and feature maps. The journal has all of them.
"""

from __future__ import annotations

from itertools import takewhile
from pathlib import Path

from engine.protocol.events import Confusion, Event, FeatureMaps, RunStarted
from engine.run.history import History
from engine.run.journal_search import newest_first


def history(journal: Path, run: RunStarted, step: int) -> History:
    """A History that holds only the confusion matrix and the feature maps of this step.

    Leaves out events that a later resume superseded, and events that cannot be read.
    """
    seen = History()
    seen.fold([run])
    for kind in (Confusion, FeatureMaps):
        seen.fold(_evaluated(journal, kind, step))
    return seen


def _evaluated(journal: Path, kind: type[Event], step: int) -> list[Event]:
    """The events of one kind at this step, in order.

    The search stops at the first smaller step: without superseded events, steps never decrease.
    """
    since = takewhile(lambda event: event.step >= step, newest_first(journal, kind))
    return [event for event in since if event.step == step][::-1]
