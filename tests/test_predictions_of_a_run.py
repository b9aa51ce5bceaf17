"""The predictions that a run keeps are those of its best epoch."""

from __future__ import annotations

import pytest

from engine.checkpoints import checkpoint
from engine.protocol import events
from engine.run import predictions_file
from engine.run.measuring import measured
from engine.run.run_paths import RunDir
from tests.processes import events_of


def test_their_measures_are_those_that_the_journal_has(finished_run: RunDir) -> None:
    found = events_of(finished_run)
    best = [e for e in found if isinstance(e, events.EpochEnded) and e.best][-1]
    kept = predictions_file.read(finished_run.predictions, 10)
    assert kept is not None
    assert (kept.epoch, kept.step) == (best.epoch, best.step)
    measures = measured(kept, 10)
    assert measures is not None
    assert measures.top1 == pytest.approx(best.top1, abs=1e-6)
    assert measures.top5 == pytest.approx(best.top5, abs=1e-6)
    assert measures.loss == pytest.approx(best.loss, rel=1e-5)
    [matrix] = [e for e in found if isinstance(e, events.Confusion) and e.epoch == best.epoch]
    dense = {(i, j): n for i, row in enumerate(matrix.counts) for j, n in enumerate(row) if n}
    assert {(true, said): count for true, said, count in measures.confusion} == dense


def test_they_name_the_list_of_the_validation_images(finished_run: RunDir) -> None:
    kept = predictions_file.read(finished_run.predictions, 10)
    described = checkpoint.load(finished_run.checkpoints / "best.pt").description
    assert kept is not None
    assert described is not None
    assert kept.digest == described.validation.digest
    assert len(kept.labels) == described.validation.images
