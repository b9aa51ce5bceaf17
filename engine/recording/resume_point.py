"""Where a resumed script goes on in the journal of its run."""

from __future__ import annotations

from pathlib import Path

from engine.protocol import events
from engine.protocol.events import Checkpointed
from engine.recording.claimed_run import CHECKPOINT
from engine.run.journal_search import newest_first


def resume_point(journal: Path, step: int) -> int:
    """The number of the last event that holds, if the script goes on from this step.

    That is the event of the checkpoint. Where the journal has none of this step, as after a crash
    of the machine, it is the last report on a step that was not after it; 0 if there is none.
    """
    saves = (save for save in newest_first(journal, Checkpointed) if save.file == CHECKPOINT)
    if save := next((save for save in saves if save.step == step), None):
        return save.seq
    reports = (newest_first(journal, kind) for kind in (events.Steps, events.EpochEnded))
    found = (next((event.seq for event in kind if event.step <= step), 0) for kind in reports)
    return max(found)
