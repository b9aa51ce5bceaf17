"""The columns of a list of runs."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.protocol import events
from engine.protocol.events import Event
from engine.run.history import History
from engine.run.run_liveness import Liveness
from tests import scripted
from tui.viewer import run_list
from tui.viewer.run_summary import summarize

DONE = [*scripted.half_a_run(epochs=2)[:-6], events.RunEnded("done", best_epoch=2)]
STOPPED = [*scripted.half_a_run(), events.RunEnded("stopped")]


@pytest.mark.parametrize(
    ("said", "liveness", "epochs"),
    [
        ([scripted.started(epochs=4)], "live", "1/4"),
        (scripted.half_a_run(), "live", "3/4"),
        (STOPPED, "gone", "3/4"),
        (DONE, "gone", "2/2"),
    ],
)
def test_the_list_names_the_epoch_that_the_header_names(
    tmp_path: Path, said: list[Event], liveness: Liveness, epochs: str
) -> None:
    history = History()
    history.fold(scripted.stamped(said))
    row = summarize(scripted.run_dir(tmp_path, said), liveness)
    assert run_list.epochs(row) == f"{history.epoch}/{history.epochs_planned}" == epochs
